"""The command: exit codes, sentences, and that it runs where there is no issuer and no database."""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.verifier.builders import INDEX, NOW, FakeFetch, badge, edited, material, status_list
from verifier.cli import World, add_arguments, run
from verifier.settings import SettingsError, VerifierSettings
from verifier.terminal import Parser, Streams

ROOT = Path(__file__).resolve().parents[2]
TRUST = {"issuers": [{"id": "did:web:badges.example.org", "name": "Example Academy"}]}


def parsed(arguments: list[str]) -> argparse.Namespace:
    parser = Parser(prog="verify")
    add_arguments(parser)
    return parser.parse_args(arguments)


class Run:
    """One run of the command in this process."""

    def __init__(self, *arguments: str, stdin: bytes = b"", answers: Any = None, now: datetime = NOW) -> None:
        self.fetch = FakeFetch(material() if answers is None else answers)
        world = World(lambda: now, lambda: VerifierSettings.read({}), lambda settings: self.fetch)
        out, err = io.StringIO(), io.StringIO()
        self.code = run(parsed(list(arguments)), Streams(io.BytesIO(stdin), out, err), world)
        self.out, self.err = out.getvalue(), err.getvalue()


@pytest.fixture
def file(tmp_path: Path) -> str:
    (tmp_path / "badge.json").write_text(json.dumps(badge()))
    return str(tmp_path / "badge.json")


def folder(tmp_path: Path, answers: dict[str, Any]) -> str:
    target = tmp_path / "material"
    target.mkdir()
    index = {}
    for number, (url, answer) in enumerate(answers.items()):
        (target / f"{number}.json").write_text(json.dumps(answer))
        index[url] = {"file": f"{number}.json", "mediaType": "application/json"}
    (target / "index.json").write_text(json.dumps(index))
    return str(target)


def test_a_valid_badge(file: str) -> None:
    result = Run(file)
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[0].startswith("Authentic: issued by badges.example.org")
    assert "  ✓ The signature is right: The content is exactly what was signed." in lines
    assert lines.index("Is it authentic?") < lines.index("Will it work elsewhere?")
    assert lines[-2] == "Who vouches for the issuer?"
    assert lines[-1].startswith("  ? Someone vouches for the issuer: No trust source")


def test_an_invalid_badge() -> None:
    result = Run("-", stdin=json.dumps(edited(badge(), lambda document: document.update(name="Else"))).encode())
    assert result.code == 1
    assert result.out.startswith("Not valid: The signature does not match")
    assert "  ✗ The signature is right" in result.out


def test_an_undetermined_badge(file: str) -> None:
    result = Run(file, answers={})
    assert result.code == 2
    assert result.out.startswith("Could not be decided:")


def test_the_json_report(file: str) -> None:
    report = json.loads(Run(file, "--json").out)
    assert report["verdict"] == "valid"
    assert report["form"] == "json"
    assert report["checkedAt"] == "2026-04-01T12:00:00Z"
    assert [item["id"] for item in report["authenticity"]["checks"]] == [
        "parse", "contexts", "schema", "data-model", "proof", "issuer-binding", "validity-period", "status", "trust",
        "names",
    ]  # fmt: skip
    assert report["credential"]["issuer"] == {
        "id": "did:web:badges.example.org",
        "name": "Example Academy",
        "domain": "badges.example.org",
        "url": "https://badges.example.org",
    }
    assert report["credential"]["recipient"] == "Ada Learner"
    assert report["credential"]["achievement"]["criteria"] == {"narrative": "Pass all modules."}
    assert len(report["sources"]) == 2


def test_another_time(file: str) -> None:
    assert Run(file, "--at", "2029-03-31T10:00:01Z").code == 1
    early = Run(file, "--at", "2026-04-01T11:56:00Z", now=datetime(2040, 1, 1, tzinfo=UTC))
    assert early.code == 0


def test_a_material_folder_replaces_the_network(file: str, tmp_path: Path) -> None:
    result = Run(file, "--material", folder(tmp_path, material()))
    assert (result.code, result.fetch.asked) == (0, [])


def test_what_is_not_in_the_folder_is_not_fetched(file: str, tmp_path: Path) -> None:
    result = Run(file, "--material", folder(tmp_path, {}))
    assert (result.code, result.fetch.asked) == (2, [])
    assert "not in the material folder" in result.out


def test_a_revoked_badge_from_a_folder(file: str, tmp_path: Path) -> None:
    assert Run(file, "--material", folder(tmp_path, material(status=status_list(revoked=(INDEX,))))).code == 1


def test_trust_policy_and_recipient(file: str, tmp_path: Path) -> None:
    (tmp_path / "trust.json").write_text(json.dumps(TRUST))
    (tmp_path / "policy.json").write_text('{"acceptedProofs":["vc-jwt"]}')
    assert "✓ Someone vouches" in Run(file, "--trust", str(tmp_path / "trust.json")).out
    assert Run(file, "--policy", str(tmp_path / "policy.json")).code == 1
    assert Run(file, "--recipient", "learner@example.org").code == 0
    assert Run(file, "--recipient", "other@example.org").code == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["missing.json"], "The file missing.json cannot be opened"),
        (["{file}", "--at", "tomorrow"], "--at is 'tomorrow'"),
        (["{file}", "--material", "nowhere"], "--material nowhere: The material folder has no readable index.json."),
        (["{file}", "--policy", "nowhere"], "--policy names a file that cannot be read"),
        (["{file}", "--trust", "{file}"], "The trust list cannot be used"),
        (["."], "cannot be opened"),
    ],
)
def test_wrong_commands_end_with_3_and_one_sentence(file: str, arguments: list[str], sentence: str) -> None:
    result = Run(*[argument.replace("{file}", file) for argument in arguments])
    assert (result.code, result.out) == (3, "")
    assert sentence in result.err
    assert len(result.err.splitlines()) == 1


def test_wrong_settings_end_with_3(file: str) -> None:
    def broken() -> VerifierSettings:
        raise SettingsError("MICROCRED_POLICY names a file that cannot be read: x.")

    err = io.StringIO()
    world = World(lambda: NOW, broken, lambda settings: FakeFetch({}))
    assert run(parsed([file]), Streams(io.BytesIO(), io.StringIO(), err), world) == 3
    assert "MICROCRED_POLICY" in err.getvalue()


@pytest.mark.parametrize("arguments", [[], ["a", "b"], ["a", "--unknown"]])
def test_a_wrong_call_is_not_undetermined(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parsed(arguments)
    assert caught.value.code == 3


def test_a_credential_cannot_steer_the_terminal() -> None:
    document = badge(lambda item: item.update(credentialStatus={"id": "urn:x:y", "type": "1EdTechRevocationList"}))
    document["credentialStatus"]["type"] = "\x1b[2J\u202e"
    result = Run("-", stdin=json.dumps(document).encode())
    assert "\x1b" not in result.out
    assert "\u202e" not in result.out


ALONE = """
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("issuer", "sqlalchemy", "fastapi"):
            raise ImportError(name)
sys.meta_path.insert(0, Block())
sys.argv[0] = "verifier"
import runpy
runpy.run_module("verifier", run_name="__main__")
"""


@pytest.mark.parametrize(("answers", "code"), [(None, 0), ({}, 2)])
def test_it_runs_where_issuer_and_database_cannot_be_imported(
    file: str, tmp_path: Path, answers: dict[str, Any] | None, code: int
) -> None:
    where = folder(tmp_path, material() if answers is None else answers)
    command = [sys.executable, "-c", ALONE, "verify", file, "--material", where, "--at", "2026-04-01T12:00:00Z"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == code, result.stderr
    assert "Is it authentic?" in result.stdout


def test_the_standalone_command_ends_with_3_on_a_wrong_call() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "verifier", "verify"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 3
    assert "SOURCE" in result.stderr
