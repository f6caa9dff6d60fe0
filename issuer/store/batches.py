"""Batches, their parts, and their contents: the body as it came in, the rows of each part, and the rows' results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, or_, select, update

from issuer.db import Transaction
from issuer.model.jobs import Batch, BatchPart, BatchState, Progress
from issuer.store.rows import changed, insert, read_all, read_one
from issuer.store.tables_jobs import batch as table
from issuer.store.tables_jobs import batch_content as contents
from issuer.store.tables_jobs import batch_part as parts

BODY: Final = "body"
ROWS: Final = "rows"
RESULT: Final = "result"


def add(tx: Transaction, record: Batch) -> None:
    """Store a new batch."""
    insert(tx, table, record)


def get(tx: Transaction, batch_id: UUID) -> Batch | None:
    """Return a batch of the institution."""
    statement = select(table).where(table.c.id == batch_id, table.c.institution_id == tx.institution_id)
    return read_one(tx, statement, Batch)


def by_key(tx: Transaction, key: str) -> Batch | None:
    """Return the batch that came with this idempotency key."""
    statement = select(table).where(table.c.institution_id == tx.institution_id, table.c.key == key)
    return read_one(tx, statement, Batch)


def page(tx: Transaction, limit: int, before: UUID | None) -> tuple[Batch, ...]:
    """Return batches of the institution, the newest first; `before` is the last id that the caller has."""
    statement = select(table).where(table.c.institution_id == tx.institution_id).order_by(table.c.id.desc())
    if before is not None:
        statement = statement.where(table.c.id < before)
    return read_all(tx, statement.limit(limit), Batch)


def stalled(tx: Transaction, since: datetime) -> tuple[Batch, ...]:
    """Return batches of the institution that should go on and have not since then."""
    works = table.c.state.in_((BatchState.RECEIVED, BatchState.RUNNING))
    statement = select(table).where(works, table.c.touched_at < since, table.c.institution_id == tx.institution_id)
    return read_all(tx, statement.limit(100), Batch)


def change(tx: Transaction, batch_id: UUID, states: Iterable[BatchState], **values: Any) -> bool:
    """Change columns of a batch if it is in one of `states`; False if it is not."""
    statement = update(table).where(table.c.id == batch_id, table.c.state.in_(tuple(states))).values(**values)
    return changed(tx, statement) == 1


def put_content(tx: Transaction, batch_id: UUID, kind: str, pieces: Iterable[tuple[int, bytes]]) -> None:
    """Store numbered contents of one kind."""
    rows = [{"batch_id": batch_id, "kind": kind, "number": number, "content": piece} for number, piece in pieces]
    if rows:
        tx.connection.execute(contents.insert(), rows)


def content(tx: Transaction, batch_id: UUID, kind: str, number: int) -> bytes | None:
    """Return one content."""
    return tx.connection.scalar(select(contents.c.content).where(*_one(batch_id, kind, number)))


def numbers(tx: Transaction, batch_id: UUID, kind: str) -> tuple[int, ...]:
    """Return which contents of a kind there are, in order."""
    statement = select(contents.c.number).where(contents.c.batch_id == batch_id, contents.c.kind == kind)
    return tuple(tx.connection.scalars(statement.order_by(contents.c.number)))


def drop_contents(tx: Transaction, before: datetime, kinds: Sequence[str]) -> int:
    """Remove contents of batches that were finished before then; return how many."""
    old = select(table.c.id).where(table.c.finished_at < before, table.c.institution_id == tx.institution_id)
    return changed(tx, delete(contents).where(contents.c.kind.in_(tuple(kinds)), contents.c.batch_id.in_(old)))


def add_parts(tx: Transaction, batch_id: UUID, sizes: Sequence[int]) -> None:
    """Store the parts of a batch, numbered from 0, with their numbers of rows."""
    empty = {"batch_id": batch_id, "starts": 0, "issued": 0, "known": 0, "held": 0, "failed": 0}
    if sizes:
        tx.connection.execute(parts.insert(), [{**empty, "number": n, "rows": rows} for n, rows in enumerate(sizes)])


def take_part(tx: Transaction, batch_id: UUID, lane: str) -> BatchPart | None:
    """Give a lane the part that it had begun, else the next one that nobody has; None if there is none."""
    free = (
        select(parts.c.number)
        .where(parts.c.batch_id == batch_id, parts.c.done_at.is_(None))
        .where(or_(parts.c.lane.is_(None), parts.c.lane == lane))
        .order_by(parts.c.lane.is_(None), parts.c.number)
        .limit(1)
    )
    statement = (
        update(parts)
        .where(parts.c.batch_id == batch_id, parts.c.number == free.scalar_subquery())
        .values(lane=lane, starts=parts.c.starts + 1)
        .returning(parts)
    )
    row = tx.connection.execute(statement).mappings().first()
    return None if row is None else BatchPart(**row)


def release_parts(tx: Transaction, batch_id: UUID) -> None:
    """Take all parts that are not done away from their lanes."""
    undone = (parts.c.batch_id == batch_id, parts.c.done_at.is_(None), parts.c.lane.is_not(None))
    tx.connection.execute(update(parts).where(*undone).values(lane=None))


def is_done(tx: Transaction, batch_id: UUID, number: int) -> bool:
    """Whether a part is done."""
    done = select(parts.c.done_at).where(parts.c.batch_id == batch_id, parts.c.number == number)
    return tx.connection.scalar(done) is not None


def finish_part(tx: Transaction, batch_id: UUID, number: int, now: datetime, counts: dict[str, int]) -> None:
    """Record that a part is done, and its rows by outcome."""
    this = (parts.c.batch_id == batch_id, parts.c.number == number)
    tx.connection.execute(update(parts).where(*this).values(done_at=now, **counts))


def progress(tx: Transaction, batch_id: UUID) -> Progress:
    """Add up what became of the rows so far."""
    names = ("issued", "known", "held", "failed")
    sums = [func.coalesce(func.sum(parts.c[name]), 0).label(name) for name in names]
    done = func.count(parts.c.done_at).label("parts_done")
    statement = select(*sums, done, func.count().label("parts")).where(parts.c.batch_id == batch_id)
    row = tx.connection.execute(statement).mappings().one()
    return Progress(**{name: int(value) for name, value in row.items()})


def _one(batch_id: UUID, kind: str, number: int) -> tuple[ColumnElement[bool], ...]:
    return contents.c.batch_id == batch_id, contents.c.kind == kind, contents.c.number == number
