"""The command line, run as a person would."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from microcred.samples import Sample
from tests.microcred.conftest import Clock, Console
from tests.microcred.test_api import REPORT


def test_init_sample_prints_what_programs_need_and_keeps_the_token(console: Console) -> None:
    assert console("init", "--sample", "--json") == 0
    first = json.loads(console.out.getvalue())
    assert first["url"] == "http://127.0.0.1:8000"
    assert {"id": "data-ethics-foundations", "version": "1", "name": "Data Ethics Foundations"} in first["definitions"]
    assert console("init", "--sample", "--json") == 0
    assert json.loads(console.out.getvalue()) == first


def test_the_whole_way_from_the_command_line(console: Console, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text(json.dumps(REPORT))
    assert console("completions", "report", str(report)) == 0
    url = json.loads(console.out.getvalue())["credential"]["url"]
    assert console("credentials", "show", url) == 0
    badge = console.out.getvalue().encode()
    assert console("verify", "-", "--json", stdin=badge) == 0
    assert console("credentials", "revoke", url, "--reason", "A mistake.") == 0
    assert console("verify", "-", stdin=badge) == 1
    assert "revoked" in console.out.getvalue().lower()


@pytest.mark.parametrize("noun", ["keys", "definitions", "completions", "credentials", "tokens"])
def test_every_list_is_one_json_array(console: Console, noun: str, tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text(json.dumps(REPORT))
    console("completions", "report", str(tmp_path / "r.json"))
    assert console(noun, "list", "--json") == 0
    rows = json.loads(console.out.getvalue())
    assert isinstance(rows, list)
    assert rows
    assert console(noun, "list") == 0
    assert "mc_" not in console.out.getvalue()


def test_rotation_signs_with_the_new_key_and_keeps_old_badges_good(
    console: Console, sample: Sample, clock: Clock
) -> None:
    first = sample.service.completions.report(json.dumps(REPORT).encode(), "test").credential
    clock.forward(days=1)
    assert console("keys", "new") == 0
    second = sample.service.completions.report(
        json.dumps({**REPORT, "sourceId": "2", "learner": {"id": "N2", "name": "B"}}).encode(), "test"
    ).credential
    assert first is not None
    assert second is not None
    assert first.key_id != second.key_id
    for stored in (first, second):
        assert console("verify", "-", stdin=stored.document) == 0


def test_without_a_key_nothing_starts_and_nothing_is_lost(console: Console, sample: Sample) -> None:
    key = sample.service.keys.list()[0].name
    assert console("keys", "retire", key) == 0
    assert console("serve", "--port", "0") == 1
    assert "microcred keys new" in console.err.getvalue()
    held = sample.service.completions.report(json.dumps(REPORT).encode(), "test")
    assert (held.completion.state, held.completion.reason_code) == ("held", "no-signing-key")
    assert console("keys", "new") == 0
    assert console("completions", "release") == 0
    assert sample.service.completions.get(held.completion.id).completion.state == "issued"


def test_a_home_that_is_not_prepared_is_a_sentence(tmp_path: Path, console: Console) -> None:
    bare = Console(type(console.world)({"MICROCRED_HOME": str(tmp_path / "none")}, console.world.clock))
    assert bare("definitions", "list") == 1
    assert "microcred init" in bare.err.getvalue()


def test_an_own_institution_can_be_prepared(tmp_path: Path, clock: Clock) -> None:
    from microcred.world import World

    environ = {"MICROCRED_HOME": str(tmp_path / "own"), "MICROCRED_BASE_URL": "https://badges.example.edu"}
    console = Console(World(environ, clock))
    own = ["--name", "Example University", "--slug", "example", "--url", "https://www.example.edu", "--country", "IE"]
    assert console("init", *own[:-2]) == 1
    assert console("init", *own) == 0
    assert "did:web:badges.example.edu" in console.out.getvalue()
    assert console("keys", "list") == 0
    assert console("serve", "--port", "0") == 1
    assert console("keys", "new") == 0
    assert console("doctor") == 1  # nobody answers at the public address yet
    assert "where everybody looks for the keys, cannot be read" in console.out.getvalue()
    assert "To mend: 1." in console.out.getvalue()


def test_doctor_says_whether_all_is_well(console: Console) -> None:
    assert console("doctor") == 0
    assert "Fit to issue." in console.out.getvalue()


def test_a_busy_port_is_a_sentence(console: Console) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for command in ("serve", "demo"):
            assert console(command, "--port", str(port)) == 1
            assert f"Port {port} is in use" in console.err.getvalue()


@pytest.mark.parametrize("argv", [[], ["fly"], ["verify"], ["demo", "--once"], ["keys", "new", "--algorithm", "P-521"]])
def test_wrong_usage_is_exit_3(console: Console, argv: list[str]) -> None:
    assert console(*argv) == 3


def test_bad_files_are_sentences(console: Console, tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_bytes(b"{")
    for argv in (["definitions", "import", str(bad)], ["completions", "report", str(bad)]):
        assert console(*argv) == 1
        assert "not JSON" in console.err.getvalue()
        assert console(*argv[:-1], str(tmp_path / "absent")) == 1
        assert "cannot be read" in console.err.getvalue()
