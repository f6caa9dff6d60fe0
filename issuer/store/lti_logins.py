"""Logins of LTI platforms that are under way; only hashes of their secrets are kept."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select

from issuer.db import Transaction
from issuer.model.lms import LtiLogin
from issuer.store.rows import changed, insert_many, read_one
from issuer.store.tables_lms import lti_login as table


def add(tx: Transaction, *records: LtiLogin) -> None:
    """Store new logins."""
    insert_many(tx, table, records)


def by_state(tx: Transaction, state: bytes) -> LtiLogin | None:
    """Return a login that is under way, by the hash of its state."""
    statement = select(table).where(table.c.institution_id == tx.institution_id, table.c.state == state)
    return read_one(tx, statement, LtiLogin)


def consume(tx: Transaction, record: LtiLogin) -> bool:
    """Use a login up, in one statement; True for one caller only, however many try at the same time."""
    return changed(tx, delete(table).where(table.c.state == record.state)) == 1


def make_room(tx: Transaction, connection_id: UUID, most: int) -> int:
    """Leave the newest `most` logins of a connection; return how many were removed."""
    mine = table.c.connection_id == connection_id
    count = tx.connection.execute(select(func.count()).select_from(table).where(mine)).scalar_one()
    if count <= most:
        return 0
    oldest = select(table.c.state).where(mine).order_by(table.c.expires_at, table.c.state).limit(count - most)
    return changed(tx, delete(table).where(table.c.state.in_(oldest)))


def drop_expired(tx: Transaction, now: datetime) -> int:
    """Remove logins that nobody finished; return how many."""
    return changed(tx, delete(table).where(table.c.institution_id == tx.institution_id, table.c.expires_at <= now))
