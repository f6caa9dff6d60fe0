"""Issuing again after a compromise, killed in the middle and started again: nobody has two, nobody has none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from issuer.intake import Incoming
from issuer.model import IssuedCredential
from issuer.reissue import BATCH
from microcred import samples
from microcred.app import checker
from microcred.installation import settings_of
from microcred.samples import Sample
from microcred.world import World
from tests.conftest import ROOT
from tests.crash.reports import completion
from tests.databases import Databases
from tests.microcred.conftest import SEAL, Console
from verifier.report import Verdict

BATCHES: Final = 12 if os.environ.get("MICROCRED_SOAK") else 3


@pytest.fixture
def world(databases: Databases, tmp_path: Path) -> World:
    return World(
        {**os.environ, "MICROCRED_HOME": str(tmp_path / "home"), **SEAL, "MICROCRED_DATABASE_URL": databases.empty()}
    )


@pytest.fixture
def sample(world: World) -> Sample:
    made = samples.prepare(settings_of(world), world, with_platforms=False)
    reports = [
        Incoming(json.dumps(completion(str(number))).encode(), "test") for number in range(BATCHES * BATCH - 10)
    ]  # fmt: skip
    made.service.completions.report_many(reports)
    return made


def everything(sample: Sample) -> list[IssuedCredential]:
    found: list[IssuedCredential] = []
    while page := sample.service.list_credentials(1_000, found[-1].id if found else None):
        found += page
    return found


def start(world: World, key: str) -> subprocess.Popen[str]:
    command = (sys.executable, "-m", "microcred", "keys", "compromise", key, "--yes", "--reissue")
    return subprocess.Popen(
        command, cwd=ROOT, env=dict(world.environ), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_killed_after_each_batch_and_started_again(sample: Sample, world: World) -> None:
    old = {item.public_id: item for item in everything(sample)}
    key = sample.service.keys.list()[0].name
    assert Console(world)("keys", "new") == 0
    for _ in range(BATCHES - 1):
        process = start(world, key)
        assert process.stderr is not None
        assert process.stderr.readline().startswith("issued again")
        process.kill()
        process.communicate()
    process = start(world, key)
    said, complaints = process.communicate()
    assert process.returncode == 0, complaints
    check(sample, world, old, said)


def check(sample: Sample, world: World, old: Mapping[str, object], said: str) -> None:
    new = everything(sample)
    assert {item.public_id for item in new} == old.keys()
    assert {item.edition for item in new} == {2}
    entries = [(item.status_list_id, item.status_index) for item in new]
    assert len(set(entries)) == len(entries)
    verify = checker(world, sample.service).verify
    assert {verify(item.document).verdict for item in new[:: max(1, len(new) // 25)]} == {Verdict.VALID}
    assert f"{len(old)} credentials issued again since" in said
    for command in (("doctor",), ("db", "check"), ("audit", "verify")):
        console = Console(world)
        assert console(*command) == 0, console.out.getvalue() + console.err.getvalue()


def test_two_at_the_same_time(sample: Sample, world: World) -> None:
    old = {item.public_id: item for item in everything(sample)}
    key = sample.service.keys.list()[0].name
    assert Console(world)("keys", "new") == 0
    both = [start(world, key) for _ in range(2)]
    said = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    check(sample, world, old, said[0][0] if "0 credentials" not in said[0][0] else said[1][0])
