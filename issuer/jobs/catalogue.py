"""All kinds of jobs, and a worker that knows them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Final
from uuid import UUID

from issuer.errors import IssuerError
from issuer.jobs import batches, deliveries, periodic
from issuer.jobs.batch_work import BatchWork
from issuer.jobs.deliveries import Deliveries
from issuer.jobs.engine import Engine, JobKind, Steps
from issuer.jobs.engine_store import records_url
from issuer.jobs.periodic import Calendar
from issuer.jobs.worker import Duty, Pace, Worker
from issuer.jobs.workshop import Workshop
from issuer.publication import StatusPublisher

BATCHES: Final = "batches"
TASKS: Final = "tasks"
"""The queues, as `engine.QUEUES` has them."""
LANE: Final = "batch-lane"
"""The job that takes one part of a batch after the other."""
MAX_LANES: Final = 16
"""Jobs that share a batch: more processes than that would only wait for each other at the database."""
MAX_SENDERS: Final = 3
"""Jobs that deliver at the same time: waiting for other servers is most of their work, and one place stays free."""
MAX_SENDS: Final = 200
"""Steps of one delivering job: ten thousand messages; what is left then is another job's."""
KEEP_RECORDS: Final = timedelta(days=7)
"""How long the engine remembers jobs that ended: long enough that none is handed over twice, and to look into one."""
_MINUTE: Final = timedelta(minutes=1)
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Jobs:
    """The jobs of one institution, as the engine calls them: the same arguments give the same steps."""

    work: BatchWork
    sender: Deliveries
    calendar: Calendar

    def batch(self, steps: Steps, arguments: Mapping[str, Any]) -> None:
        parts = steps.do("divide", self.work.divide, UUID(arguments["batch"]))
        for _ in range(min(parts, MAX_LANES) - 1):
            steps.spawn(BATCHES, LANE, arguments)
        self.lane(steps, arguments)

    def lane(self, steps: Steps, arguments: Mapping[str, Any]) -> None:
        while steps.do("part", self.work.work, UUID(arguments["batch"]), steps.name):
            continue

    def deliver(self, steps: Steps, _arguments: Mapping[str, Any]) -> None:
        for _ in range(MAX_SENDS):
            if not steps.do("send", self.sender.send_due):
                return

    def run_slot(self, steps: Steps, arguments: Mapping[str, Any]) -> None:
        steps.do("run", self.calendar.run, arguments["name"], datetime.fromisoformat(arguments["slot"]))


def kinds(shop: Workshop) -> Mapping[str, JobKind]:
    """Return all kinds of jobs by name."""
    jobs = _Jobs(shop.batch_work, shop.deliveries, shop.calendar)
    return {
        batches.KIND: JobKind(BATCHES, jobs.batch),
        LANE: JobKind(BATCHES, jobs.lane),
        deliveries.KIND: JobKind(TASKS, jobs.deliver),
        periodic.KIND: JobKind(TASKS, jobs.run_slot),
    }


def duties(shop: Workshop) -> tuple[Duty, ...]:
    """Return what a worker looks after at each pulse."""
    sender, desk = shop.deliveries, shop.batches

    def deliver(engine: Engine, now: datetime) -> None:
        sender.collect()
        due = sender.count_due(now, MAX_SENDERS * deliveries.SENT_AT_ONCE)
        for number in range(ceil(due / deliveries.SENT_AT_ONCE)):
            engine.enqueue_single(f"{deliveries.KIND}-{number}", deliveries.KIND, {})

    def restart(_engine: Engine, _now: datetime) -> None:
        desk.restart_stalled()

    def forget(engine: Engine, now: datetime) -> None:
        engine.forget(now - KEEP_RECORDS)

    rest = (_Publishing(shop.service.status_lists), every(_MINUTE, restart), every(periodic.HOURLY, forget))
    return (deliver, *rest) if shop.channels else rest


@dataclass(slots=True)
class _Publishing:
    """Has status lists signed that are due. Says once why one cannot be: the other duties go on."""

    lists: StatusPublisher
    _said: str | None = None

    def __call__(self, _engine: Engine, _now: datetime) -> None:
        try:
            self.lists.publish_due()
        except IssuerError as error:
            if error.code != self._said:
                _log.error("status lists wait: %s", error.detail)
            self._said = error.code
        else:
            self._said = None


def every(span: timedelta, duty: Duty) -> Duty:
    """Return a duty that is looked after once in a while only."""
    last: list[datetime] = []

    def seldom(engine: Engine, now: datetime) -> None:
        if not last or now - last[0] >= span:
            duty(engine, now)
            last[:] = [now]

    return seldom


def worker(shop: Workshop, place: str, pace: Pace | None = None) -> Worker:
    """Return a worker for all jobs of an institution; `place` says to people where it runs."""
    database, clock = shop.service.database, shop.service.clock
    url = records_url(database)
    return Worker(database, clock, place, kinds(shop), shop.calendar, url, duties(shop), pace or Pace())
