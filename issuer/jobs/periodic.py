"""What is done at set times: each job has slots, one after the other, and every slot is run once by one process.

A slot that was missed, because nothing ran then, is caught up at once when something does; of many missed ones only the
newest, since a job does all that there is to do.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from issuer.db import Database
from issuer.errors import IssuerError
from issuer.model.jobs import PeriodicRun
from issuer.store import outbox

KIND: Final = "periodic"
"""The job that runs one slot."""
HOURLY: Final = timedelta(hours=1)
DAILY: Final = timedelta(days=1)
NIGHT: Final = timedelta(hours=2)
"""When nightly work begins, in UTC after midnight: lectures and exams are over in Europe, Africa and the Americas."""

_EPOCH: Final = datetime(2026, 1, 1, tzinfo=UTC)
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Periodic:
    """A job at set times. `run` gets the time and returns a sentence that says what it did; it may be run twice."""

    name: str
    every: timedelta
    run: Callable[[datetime], str]
    after: timedelta = timedelta()

    def slot(self, now: datetime) -> datetime:
        """Return when the newest slot began."""
        return now - (now - _EPOCH - self.after) % self.every


def nightly(name: str, run: Callable[[datetime], str]) -> Periodic:
    """Return a job for the night, such as the reconciliation with an LMS."""
    return Periodic(name, DAILY, run, NIGHT)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The periodic jobs of an installation."""

    database: Database
    clock: Callable[[], datetime]
    jobs: Sequence[Periodic]

    def due(self, runs: Mapping[str, PeriodicRun], now: datetime) -> dict[str, datetime]:
        """Return the jobs whose newest slot nobody has begun, with that slot."""
        slots = {job.name: job.slot(now) for job in self.jobs}
        return {name: slot for name, slot in slots.items() if name not in runs or runs[name].slot < slot}

    def run(self, name: str, slot: datetime) -> None:
        """Run a job for a slot, and record how it ended. A failure is recorded, not raised: the next slot comes."""
        job = next(item for item in self.jobs if item.name == name)
        now = self.clock()
        with self.database.begin_write() as tx:
            outbox.begin_run(tx, name, slot, now)
        record = self._ran(job, PeriodicRun(name, slot, now))
        with self.database.begin_write() as tx:
            outbox.end_run(tx, record)

    def _ran(self, job: Periodic, record: PeriodicRun) -> PeriodicRun:
        note = error = None
        try:
            note = job.run(record.started_at)
        except IssuerError as failure:
            error = failure.detail
        except Exception as failure:
            error = f"A defect of the program: {type(failure).__name__}."
        if error is not None:
            _log.error("periodic job %s failed: %s", job.name, error)
        return replace(record, finished_at=self.clock(), note=note, error=error)
