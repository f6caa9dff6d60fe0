"""Deliveries, and how far each channel has read the audit log, from which they are made."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update

from issuer.db import Transaction
from issuer.model import AuditEntry
from issuer.model.jobs import Delivery, DeliveryState
from issuer.store.rows import changed, insert_many, insert_new, read_all, read_one
from issuer.store.tables import audit, completion, credential
from issuer.store.tables_jobs import delivery as table
from issuer.store.tables_jobs import delivery_cursor as cursors


def add_many(tx: Transaction, records: Sequence[Delivery]) -> None:
    """Store new deliveries."""
    insert_many(tx, table, records)


def get(tx: Transaction, delivery_id: UUID) -> Delivery | None:
    """Return one delivery of the institution."""
    statement = select(table).where(table.c.id == delivery_id, table.c.institution_id == tx.institution_id)
    return read_one(tx, statement, Delivery)


def due(tx: Transaction, channels: Sequence[str], now: datetime, limit: int) -> tuple[Delivery, ...]:
    """Return deliveries over these channels whose time has come, the longest overdue first."""
    statement = (
        select(table)
        .where(table.c.state == DeliveryState.WAITING, table.c.next_attempt_at <= now)
        .where(table.c.institution_id == tx.institution_id, table.c.channel.in_(tuple(channels)))
        .order_by(table.c.next_attempt_at, table.c.id)
    )
    return read_all(tx, statement.limit(limit), Delivery)


def page(tx: Transaction, state: DeliveryState | None, limit: int) -> tuple[Delivery, ...]:
    """Return deliveries of the institution, the newest first."""
    statement = select(table).where(table.c.institution_id == tx.institution_id).order_by(table.c.id.desc())
    if state is not None:
        statement = statement.where(table.c.state == state)
    return read_all(tx, statement.limit(limit), Delivery)


def count(tx: Transaction) -> dict[str, int]:
    """Count deliveries of the institution by state."""
    statement = select(table.c.state, func.count()).where(table.c.institution_id == tx.institution_id)
    return {str(state): int(number) for state, number in tx.connection.execute(statement.group_by(table.c.state))}


def change(tx: Transaction, before: Delivery, **values: Any) -> bool:
    """Change a delivery unless somebody else did since it was read."""
    same = (table.c.id == before.id, table.c.state == before.state, table.c.attempts == before.attempts)
    return changed(tx, update(table).where(*same).values(**values)) == 1


def drop_sent(tx: Transaction, before: datetime) -> int:
    """Remove deliveries that arrived before then; return how many."""
    arrived = (table.c.state == DeliveryState.SENT, table.c.done_at < before)
    return changed(tx, delete(table).where(table.c.institution_id == tx.institution_id, *arrived))


def note(tx: Transaction, delivery_id: UUID, attempts: int, **values: Any) -> None:
    """Record how a try ended, unless it was tried again since, which counts more."""
    same = (table.c.id == delivery_id, table.c.attempts == attempts, table.c.state == DeliveryState.WAITING)
    tx.connection.execute(update(table).where(*same).values(**values))


def with_address(tx: Transaction, ids: Collection[UUID]) -> frozenset[UUID]:
    """Return which of these credentials of the institution have a learner with an e-mail address."""
    joined = credential.join(completion, completion.c.id == credential.c.completion_id)
    statement = select(credential.c.id).select_from(joined)
    statement = statement.where(credential.c.id.in_(tuple(ids)), completion.c.learner_email.is_not(None))
    return frozenset(tx.connection.scalars(statement.where(credential.c.institution_id == tx.institution_id)))


def is_up_to_date(tx: Transaction, channel: str) -> bool:
    """Whether a channel is known and has seen the whole audit log."""
    seen = tx.connection.scalar(select(cursors.c.seq).where(cursors.c.channel == channel))
    return seen is not None and seen == (tx.connection.scalar(select(func.max(audit.c.seq))) or 0)


def cursor(tx: Transaction, channel: str) -> int:
    """Return the number of the last audit entry that a channel has seen. A new channel begins at the end of the log:
    nobody wants a message about each credential of the past years."""
    end = select(func.coalesce(func.max(audit.c.seq), 0)).scalar_subquery()
    known = select(cursors.c.seq).where(cursors.c.channel == channel)
    found = tx.connection.scalar(known)
    if found is None:
        insert_new(tx, cursors, {"channel": channel, "seq": tx.connection.scalar(select(end))})
        found = tx.connection.scalar(known)
    return int(found or 0)


def move_cursor(tx: Transaction, channel: str, seq: int) -> None:
    """Record how far a channel has read."""
    tx.connection.execute(update(cursors).where(cursors.c.channel == channel).values(seq=seq))


def news(tx: Transaction, after: int, limit: int) -> tuple[AuditEntry, ...]:
    """Return audit entries after number `after`, in order."""
    return read_all(tx, select(audit).where(audit.c.seq > after).order_by(audit.c.seq).limit(limit), AuditEntry)
