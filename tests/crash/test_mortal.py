"""Fifty lives killed at every point of the work on 2,000 completions; 1,000 over 100,000 in a soak.

None that was answered is lost, nobody has two, what was revoked is revoked in public, everything verifies, no status
entry is given twice, and the audit log is whole.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from issuer.model import IssuedCredential
from microcred import samples
from microcred.app import checker
from microcred.installation import open_installation, settings_of
from microcred.world import World
from tests.conftest import ROOT
from tests.crash.mortal import ANSWER, MOMENT, WORD
from tests.microcred.conftest import SEAL, Console
from verifier.report import Verdict

KILLS, REPORTS = (1_000, 100_000) if os.environ.get("MICROCRED_SOAK") else (50, 2_000)
SEED: Final = 20261125


@pytest.fixture
def world(database_kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> World:
    environ = {**os.environ, "MICROCRED_HOME": str(tmp_path / "home"), **SEAL}
    if database_kind == "postgresql":
        environ["MICROCRED_DATABASE_URL"] = request.getfixturevalue("postgres_alone").make("home")
    world = World(environ)
    samples.prepare(settings_of(world), world).installation.database.close()
    return world


@pytest.fixture
def told(world: World) -> dict[str, Any]:
    """What was answered to those who asked, in all lives."""
    command = (sys.executable, "-m", "tests.crash.mortal", str(KILLS), str(REPORTS), str(SEED))
    done = subprocess.run(command, cwd=ROOT, env=dict(world.environ), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_no_death_loses_or_doubles_anything(world: World, told: dict[str, Any]) -> None:
    assert set(told["deaths"]) == {WORD, ANSWER, MOMENT}
    assert sum(told["deaths"].values()) == KILLS
    assert len(told["issued"]) == REPORTS
    assert told["revoked"]
    installation = open_installation(settings_of(world), world)
    service = installation.service()
    issued = list(everything(service.list_credentials))
    kept = {item.completion_id: item.public_id for item in issued}
    assert len(issued) == len(kept) == len({(item.status_list_id, item.status_index) for item in issued}) == REPORTS
    assert sorted(kept.values()) == sorted(told["issued"].values())
    check = checker(world, service)
    verdicts = {item.public_id: check.verify(item.document).verdict for item in issued}
    revoked = {public_id for public_id, verdict in verdicts.items() if verdict != Verdict.VALID}
    assert revoked >= set(told["revoked"])
    assert all(service.decisions.history(public_id) for public_id in revoked)
    installation.database.close()
    console = Console(world)
    assert console("doctor") == 0, console.out.getvalue()
    assert console("db", "check") == 0, console.out.getvalue()


def everything(page: Any) -> Iterator[IssuedCredential]:
    """All credentials, page by page."""
    found = page(1_000, None)
    while found:
        yield from found
        found = page(1_000, found[-1].id)
