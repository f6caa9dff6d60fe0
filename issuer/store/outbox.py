"""Jobs that were ordered and not yet handed over, who works on jobs, and what runs at set times."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update

from issuer.db import Transaction
from issuer.model.jobs import JobWorker, OutboxJob, PeriodicRun
from issuer.store.rows import changed, insert, insert_new, read_all
from issuer.store.tables_jobs import job_outbox as outbox
from issuer.store.tables_jobs import job_periodic as periodic
from issuer.store.tables_jobs import job_worker as workers


def put(tx: Transaction, kind: str, arguments: dict[str, Any], now: datetime) -> None:
    """Order a job: it is done if, and only if, this transaction is committed. `arguments` hold no personal data."""
    insert(tx, outbox, OutboxJob(tx.new_id(now), kind, arguments, now))


def waiting(tx: Transaction, limit: int) -> tuple[OutboxJob, ...]:
    """Return jobs that nobody has handed over yet, the oldest first, of all institutions."""
    return read_all(tx, select(outbox).order_by(outbox.c.id).limit(limit), OutboxJob)


def remove(tx: Transaction, ids: Iterable[UUID]) -> None:
    """Forget jobs that were handed over."""
    tx.connection.execute(delete(outbox).where(outbox.c.id.in_(tuple(ids))))


def say_alive(tx: Transaction, record: JobWorker) -> None:
    """Record that a worker lives."""
    seen = update(workers).where(workers.c.id == record.id).values(seen_at=record.seen_at)
    if not changed(tx, seen):
        insert(tx, workers, record)


def all_workers(tx: Transaction) -> tuple[JobWorker, ...]:
    """Return the workers that have not said good-bye, the newest first."""
    return read_all(tx, select(workers).order_by(workers.c.started_at.desc(), workers.c.id), JobWorker)


def forget_workers(tx: Transaction, ids: Iterable[str]) -> None:
    """Remove workers that are gone."""
    tx.connection.execute(delete(workers).where(workers.c.id.in_(tuple(ids))))


def periodic_runs(tx: Transaction) -> dict[str, PeriodicRun]:
    """Return the newest run of each periodic job."""
    return {run.name: run for run in read_all(tx, select(periodic).order_by(periodic.c.name), PeriodicRun)}


def begin_run(tx: Transaction, name: str, slot: datetime, now: datetime) -> bool:
    """Record that the run for a slot begins; False if that slot, or a later one, was begun already."""
    first = {"name": name, "slot": slot, "started_at": now}
    if insert_new(tx, periodic, first):
        return True
    statement = update(periodic).where(periodic.c.name == name, periodic.c.slot < slot)
    return changed(tx, statement.values(**first, finished_at=None, note=None, error=None)) == 1


def end_run(tx: Transaction, run: PeriodicRun) -> None:
    """Record how the run for a slot ended."""
    statement = update(periodic).where(periodic.c.name == run.name, periodic.c.slot == run.slot)
    tx.connection.execute(statement.values(finished_at=run.finished_at, note=run.note, error=run.error))
