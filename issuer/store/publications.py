"""What was published of status lists: signed documents with a version, the newest of which is served."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, func, select

from issuer.db import Transaction
from issuer.model import StatusPublication
from issuer.store.rows import insert, read_all, read_one
from issuer.store.tables import status_change as changes
from issuer.store.tables import status_list as lists
from issuer.store.tables import status_publication as table


@dataclass(frozen=True, slots=True)
class Mark:
    """The newest publication of a list without its bytes; `last_change` as in `StatusPublication`.

    `is_behind` says that a decision is missing in it.
    """

    list_id: UUID
    version: int
    last_change: int
    signed_at: datetime
    is_behind: bool


def add(tx: Transaction, record: StatusPublication) -> Mark:
    """Store a signed list under its version, and return the newest publication.

    If somebody else has published meanwhile, the version is the next one, and one that tells no more is not stored.
    """
    before = marks(tx, record.list_id).get(record.list_id)
    newest = 0 if before is None else before.version
    if before is not None and newest >= record.version and before.last_change >= record.last_change:
        return before
    insert(tx, table, replace(record, version=newest + 1))
    return marks(tx, record.list_id)[record.list_id]


def latest(tx: Transaction, list_id: UUID) -> StatusPublication:
    """Return the newest publication of a list that has one."""
    statement = select(table).where(table.c.list_id == list_id)
    found = read_one(tx, statement.order_by(table.c.version.desc()).limit(1), StatusPublication)
    if found is None:
        raise RuntimeError("this list has never been published")
    return found


def marks(tx: Transaction, list_id: UUID | None = None) -> dict[UUID, Mark]:
    """Return the newest publications of the institution's lists, or of one list; one never published has none."""
    newer = table.alias()
    newest = select(func.max(newer.c.version)).where(newer.c.list_id == lists.c.id).scalar_subquery()
    missing = exists().where(changes.c.list_id == lists.c.id, changes.c.id > table.c.last_change)
    statement = (
        select(table.c.list_id, table.c.version, table.c.last_change, table.c.signed_at, missing.label("is_behind"))
        .join(lists, lists.c.id == table.c.list_id)
        .where(table.c.version == newest)
        .where(lists.c.institution_id == tx.institution_id if list_id is None else lists.c.id == list_id)
    )
    return {mark.list_id: mark for mark in read_all(tx, statement, Mark)}


def knows(tx: Transaction, list_id: UUID, document: bytes) -> bool:
    """Whether exactly these bytes were published of a list, and are kept."""
    statement = select(table.c.version).where(table.c.list_id == list_id, table.c.document == document)
    return tx.connection.execute(statement.limit(1)).first() is not None


def signed_since(tx: Transaction, list_id: UUID, moment: datetime) -> int:
    """Return how many publications of a list were signed at a moment or later."""
    statement = select(func.count()).where(table.c.list_id == list_id, table.c.signed_at >= moment)
    return tx.connection.scalar(statement) or 0
