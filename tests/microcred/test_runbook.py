"""`keys/README.md`: every command of the runbook is run, in its order, and does what the page says it does."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from issuer.keys import REVOKED
from microcred import samples
from microcred.installation import open_installation, settings_of
from microcred.world import World
from tests.conftest import ROOT
from tests.microcred.conftest import Clock, Console
from tests.microcred.test_compromise import issue
from tests.softhsm import SoftHsm

PAGE: Final = ROOT / "keys" / "README.md"
SECTIONS: Final = (
    "Ceremony", "Passphrase and key-encryption key", "HSM", "Back up", "Rotate", "Compromise", "Lost",
)  # fmt: skip
"""The sections with commands."""
LOCAL: Final = "http://127.0.0.1:8000"
ASKS_FIRST: Final = re.compile(r"keys compromise (?!.*--yes)")
"""What says what would happen, does nothing, and ends with 1."""

pytestmark = pytest.mark.databases("sqlite")


def commands() -> dict[str, list[str]]:
    """The commands of the page by section: indented lines that begin with the program's name, without comments."""
    found: dict[str, list[str]] = {}
    section = ""
    for line in PAGE.read_text("utf-8").splitlines():
        if line.startswith("## "):
            section = line.removeprefix("## ")
        match = re.fullmatch(r" {4,}microcred (.*?)(?:\s+#.*)?", line)
        if match:
            found.setdefault(section, []).append(match[1])
    return found


@dataclass
class Reader:
    """Somebody who does what the page says, in a home of his own; paths and the public address are invented."""

    folder: Path
    clock: Clock
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def world(self) -> World:
        return World({"MICROCRED_HOME": str(self.folder / "home"), **self.environ}, self.clock, os.urandom)

    def made(self) -> list[Any]:
        return list(open_installation(settings_of(self.world), self.world).keys.list())

    def do(self, command: str) -> str:
        console = Console(self.world)
        code = console(*[self._word(word) for word in shlex.split(command)])
        said = console.out.getvalue() + console.err.getvalue()
        assert code == bool(ASKS_FIRST.search(command)), f"{command}\n{said}"
        for name, value in re.findall(r"Now set (\w+)=(\S+)", said):
            self.environ = {name: value}  # as the command says
        self.clock.forward(minutes=1)
        return said

    def _word(self, word: str) -> str:
        if word == "NAME":
            return next(key.name for key in self.made() if key.state != REVOKED and key.algorithm == "Ed25519")
        if re.search(r"\.(json|txt|zip|jsonl)$|^/run/", word):
            return str(self.folder / Path(word).name)
        return word.replace("https://badges.example.edu", LOCAL)


@pytest.fixture
def reader(tmp_path: Path, clock: Clock) -> Reader:
    return Reader(tmp_path, clock)


@pytest.fixture
def sample_reader(reader: Reader) -> Iterator[Reader]:
    """One whose home is the sample's, with credentials to lose."""
    sample = samples.prepare(settings_of(reader.world), reader.world)
    for person in ("N1", "N2"):
        issue(sample, person)
    reader.clock.forward(minutes=1)
    yield reader
    sample.installation.database.close()


def test_no_command_is_forgotten() -> None:
    assert tuple(commands()) == SECTIONS
    assert sum(map(len, commands().values())) >= 25


def test_the_ceremony(reader: Reader) -> None:
    said = [reader.do(command) for command in commands()["Ceremony"]]
    assert "Fit to issue." in said[-3]  # `doctor`, before the keys for tokens
    assert [key.algorithm for key in reader.made()] == ["Ed25519", "RSA", "P-256"]
    assert (reader.folder / "did.json").exists()
    assert (reader.folder / "checkpoint.txt").exists()


def test_the_passphrase(sample_reader: Reader) -> None:
    for command in commands()["Passphrase and key-encryption key"]:
        sample_reader.do(command)
        assert "✓ signing key" in sample_reader.do("doctor")
    assert list(sample_reader.environ) == ["MICROCRED_KEY_ENCRYPTION_KEY_FILE"]


def test_the_hsm(sample_reader: Reader, hsm: SoftHsm) -> None:
    sample_reader.environ = hsm.settings
    said = [sample_reader.do(command) for command in commands()["HSM"]]
    assert "✓ HSM" in said[-1]
    assert [key.store for key in sample_reader.made()] == ["file", "pkcs11"]


def test_the_backup(sample_reader: Reader) -> None:
    said = {command: sample_reader.do(command) for command in commands()["Back up"]}
    assert "proven up to entry" in said["audit verify --checkpoint checkpoint.txt"]
    assert "Fit to issue." in said["doctor"]


def test_rotating(sample_reader: Reader) -> None:
    said = [sample_reader.do(command) for command in commands()["Rotate"]]
    assert "announced" in said[1]
    assert "no longer signs" in said[2]


def test_a_compromise(sample_reader: Reader) -> None:
    sample_reader.do("audit checkpoint --out checkpoint.txt")
    done = {command: sample_reader.do(command) for command in commands()["Compromise"]}
    asked, reissued, verified, _, checked = list(done.values())[1:]
    assert "cannot be undone" in asked
    assert "Issued again: 2." in reissued
    assert "chain whole" in verified
    assert "All is whole" in checked
    assert "Fit to issue." in sample_reader.do("doctor")


def test_a_lost_passphrase(sample_reader: Reader) -> None:
    (sample_reader.folder / "home" / "keys" / "passphrase").write_text("another one, which is as long as those of ours")
    for command in commands()["Lost"]:
        sample_reader.do(command)
    assert "Fit to issue." in sample_reader.do("doctor")
