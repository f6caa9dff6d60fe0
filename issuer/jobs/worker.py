"""A worker: a process that works on jobs, alone or beside others, with what it must do once a second.

Whoever orders a job writes it into our database, in the transaction of what it follows from (the outbox). Each worker
hands what waits there to the job engine under a name that is the same whoever does it, and then strikes it off: a job
that is handed over twice is one job. In the same way it hands over what the calendar and the deliveries say is due.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from issuer.db import Database
from issuer.errors import IssuerError
from issuer.jobs import periodic
from issuer.jobs.engine import Engine, JobKind
from issuer.jobs.periodic import Calendar
from issuer.model.jobs import JobWorker
from issuer.store import outbox

PULSE_SECONDS: Final = 1.0
"""How often a worker looks what there is to do."""
BEAT: Final = timedelta(seconds=3)
"""How often a worker says that it lives."""
SILENCE: Final = timedelta(seconds=10)
"""After how long a worker counts as dead. If it lives after all, two work on one thing, which changes nothing."""
HANDED_AT_ONCE: Final = 100
"""Jobs of the outbox that are handed over in one go."""

_log: Final = logging.getLogger(__name__)


Duty = Callable[[Engine, datetime], None]
"""Something that a worker looks after at each pulse: it orders what there is to do."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a worker is; tests are in a hurry."""

    pulse: float = PULSE_SECONDS
    beat: timedelta = BEAT
    silence: timedelta = SILENCE


@dataclass
class Worker:
    """The worker of this process. `place` says to people where it runs; `duties` are looked after at each pulse.

    `url` is where the job engine keeps its records (`engine_store.records_url`).
    """

    database: Database
    clock: Callable[[], datetime]
    place: str
    kinds: Mapping[str, JobKind]
    calendar: Calendar
    url: str
    duties: tuple[Duty, ...] = ()
    pace: Pace = field(default_factory=Pace)

    def __post_init__(self) -> None:
        now = self.clock()
        self._record = JobWorker(self.database.random_bytes(8).hex(), self.place, now, now)
        self._engine = Engine(self.url, self._record.id, self.kinds)
        self._thread = threading.Thread(target=self._live, name="microcred-pulse", daemon=True)
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._heard: dict[str, tuple[datetime, datetime]] = {}

    def start(self) -> None:
        """Begin to work, in threads of its own. Raises what the database raises."""
        self._say_alive(self.clock())
        self._engine.start()
        self._thread.start()

    def wake(self) -> None:
        """Look for jobs now: something was ordered by this process."""
        self._wake.set()

    def stop(self, seconds: int) -> None:
        """End: begin nothing new, give what is under way `seconds`, and say good-bye; others take up the rest."""
        self._stop.set()
        self._wake.set()
        self._thread.join()
        self._engine.stop(seconds)
        try:
            with self.database.begin_write() as tx:
                outbox.forget_workers(tx, [self._record.id])
        except IssuerError as error:
            _log.warning("the worker could not say good-bye: %s", error.code)  # it will be found dead instead

    def _live(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            try:
                self.pulse()
            except IssuerError as error:
                _log.warning("jobs wait: %s", error.code)
            except Exception as error:
                _log.error("a pulse of the worker failed: %s", type(error).__name__)
            self._wake.wait(self.pace.pulse)

    def pulse(self) -> None:
        """Do once what a worker does again and again."""
        now = self.clock()
        if now - self._record.seen_at >= self.pace.beat:
            self._say_alive(now)
            self._recover(now)
        self._hand_over()
        self._look_at_calendar(now)
        for duty in self.duties:
            duty(self._engine, now)

    def _say_alive(self, now: datetime) -> None:
        record = replace(self._record, seen_at=now)
        with self.database.begin_write() as tx:
            outbox.say_alive(tx, record)
        self._record = record

    def _recover(self, now: datetime) -> None:
        with self.database.begin_read() as tx:
            workers = outbox.all_workers(tx)
        living = {worker.id for worker in workers if self._is_living(worker, now)}
        gone = {worker.id for worker in workers} - living
        if taken := self._engine.recover(living | {self._record.id}):
            _log.warning("took up the jobs of %d workers that are gone", taken)
        if gone:
            with self.database.begin_write() as tx:
                outbox.forget_workers(tx, gone)

    def _is_living(self, worker: JobWorker, now: datetime) -> bool:
        """Whether its mark changed of late, by our own clock: clocks of machines may differ."""
        mark, since = self._heard.get(worker.id, (None, now))
        if mark != worker.seen_at:
            since = now
        self._heard[worker.id] = (worker.seen_at, since)
        return now - since < self.pace.silence

    def _hand_over(self) -> None:
        while True:
            with self.database.begin_read() as tx:
                waiting = outbox.waiting(tx, HANDED_AT_ONCE)
            for job in waiting:
                self._engine.enqueue(f"{job.kind}.{job.id}", job.kind, job.arguments)
            if waiting:
                with self.database.begin_write() as tx:
                    outbox.remove(tx, [job.id for job in waiting])
            if len(waiting) < HANDED_AT_ONCE:
                return

    def _look_at_calendar(self, now: datetime) -> None:
        with self.database.begin_read() as tx:
            runs = outbox.periodic_runs(tx)
        for name, slot in self.calendar.due(runs, now).items():
            arguments = {"name": name, "slot": slot.isoformat()}
            self._engine.enqueue(f"{periodic.KIND}.{name}.{slot:%Y%m%dT%H%M}", periodic.KIND, arguments)
