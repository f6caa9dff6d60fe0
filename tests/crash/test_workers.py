"""Workers that share a batch, one of them killed again and again: every report has one result and one credential."""

from __future__ import annotations

import io
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from uuid import UUID

import pytest

from issuer import audit
from issuer.jobs import rows
from issuer.jobs.batches import Order
from issuer.jobs.workshop import Workshop
from issuer.model.jobs import BatchState
from microcred import samples
from microcred.app import checker
from microcred.installation import settings_of
from microcred.jobs import workshop
from microcred.world import World
from tests.conftest import ROOT
from tests.crash.reports import completion
from tests.databases import Databases
from tests.microcred.conftest import SEAL
from verifier.report import Verdict

SOAK: Final = bool(os.environ.get("MICROCRED_SOAK"))
REPORTS: Final = 50_000 if SOAK else 2_000
ROWS_PER_PART: Final = 1_000 if SOAK else 40
WORKERS: Final = {"postgresql": 4, "sqlite": 1}
KILL_EVERY: Final = (2.0, 4.0) if SOAK else (0.5, 1.5)
MAX_KILLS: Final = 1_000 if SOAK else 3
DEADLINE_SECONDS: Final = 1_800 if SOAK else 180


class Crew:
    """Worker processes over one home."""

    def __init__(self, world: World, size: int) -> None:
        self._environ = dict(world.environ)
        self.processes = [self._start() for _ in range(size)]
        for process in self.processes:
            self._wait(process)

    def kill_one(self, chance: random.Random) -> None:
        """Kill one of them (SIGKILL), and start another in its place."""
        place = chance.randrange(len(self.processes))
        self.processes[place].kill()
        self.processes[place].communicate()
        self.processes[place] = self._start()
        self._wait(self.processes[place])

    def end(self) -> list[int]:
        """Stop all (SIGTERM), and return their exit codes."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.communicate(timeout=60)
        return [process.returncode for process in self.processes]

    def _start(self) -> subprocess.Popen[str]:
        command = (sys.executable, "-m", "tests.crash.hurried_worker")
        return subprocess.Popen(command, cwd=ROOT, env=self._environ, stdout=subprocess.PIPE, text=True)

    def _wait(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        assert process.stdout.readline() == "works\n"


@pytest.fixture
def shop(databases: Databases, tmp_path: Path) -> Iterator[Workshop]:
    environ = {
        **os.environ,
        "MICROCRED_HOME": str(tmp_path / "home"),
        **SEAL,
        "MICROCRED_DATABASE_URL": databases.empty(),
    }
    world = World(environ)
    sample = samples.prepare(settings_of(world), world, with_platforms=False)
    yield workshop(sample.service, world)
    sample.installation.database.close()


@pytest.fixture
def world(shop: Workshop, tmp_path: Path) -> World:
    url = shop.service.database.engine.url.render_as_string(hide_password=False)
    return World({**os.environ, "MICROCRED_HOME": str(tmp_path / "home"), **SEAL, "MICROCRED_DATABASE_URL": url})


def reports() -> bytes:
    return b"\n".join(json.dumps(completion(f"batch-{number}")).encode() for number in range(REPORTS))


def test_workers_share_a_batch_while_one_after_the_other_is_killed(
    shop: Workshop, world: World, database_kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "ROWS_PER_PART", ROWS_PER_PART)
    batch, _ = shop.batches.receive(io.BytesIO(reports()), Order(rows.NDJSON, "registrar"))
    assert shop.batch_work.divide(batch.id) == REPORTS // ROWS_PER_PART
    crew = Crew(world, WORKERS[database_kind])
    chance, kills, end = random.Random(20261125), 0, time.monotonic() + DEADLINE_SECONDS
    while shop.batches.get(batch.id).state is not BatchState.DONE:
        assert time.monotonic() < end, shop.batches.progress(batch.id)
        time.sleep(chance.uniform(*KILL_EVERY))
        if kills < MAX_KILLS and shop.batches.progress(batch.id).parts_done > kills:
            crew.kill_one(chance)
            kills += 1
    assert kills > 0
    assert crew.end() == [0] * WORKERS[database_kind]
    check_results(shop, batch.id)
    check_credentials(shop, world)


def check_results(shop: Workshop, batch_id: UUID) -> None:
    lines = [json.loads(line) for line in b"".join(shop.batches.result(batch_id, "ndjson")).splitlines()]
    assert [line["row"] for line in lines] == list(range(1, REPORTS + 1))
    assert Counter(line["outcome"] for line in lines) == {"issued": REPORTS}
    assert len({line["credential"] for line in lines}) == REPORTS
    assert shop.batches.progress(batch_id).issued == REPORTS


def check_credentials(shop: Workshop, world: World) -> None:
    service = shop.service
    with service.database.begin_read(service.institution.id) as tx:
        counts = [tx.connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar() for name in TABLES]
        assert audit.verify(tx) is not None
    assert counts == [REPORTS] * len(TABLES)
    check = checker(world, service)
    some = random.Random(1).sample(service.list_credentials(1_000), 50)
    assert {check.verify(item.document).verdict for item in some} == {Verdict.VALID}


TABLES: Final = ("completion", "credential", "award")
