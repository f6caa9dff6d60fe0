"""What was published of status lists: signed documents with a version, the newest of which is served."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, NoReturn
from uuid import UUID

from sqlalchemy import Select, bindparam, exists, func, select

from issuer.db import Transaction
from issuer.model import StatusPublication
from issuer.store.rows import insert, read_one
from issuer.store.tables import status_change as changes
from issuer.store.tables import status_list as lists
from issuer.store.tables import status_publication as table


def _marks() -> Select[Any]:
    newer = table.alias()
    newest = select(func.max(newer.c.version)).where(newer.c.list_id == lists.c.id).scalar_subquery()
    missing = exists().where(changes.c.list_id == lists.c.id, changes.c.id > table.c.last_change)
    columns = (table.c.list_id, table.c.version, table.c.last_change, table.c.signed_at, missing.label("is_behind"))
    return select(*columns).join(lists, lists.c.id == table.c.list_id).where(table.c.version == newest)


_MARKS_OF_ALL: Final = _marks().where(lists.c.institution_id == bindparam("institution"))
_MARK_OF_ONE: Final = _marks().where(lists.c.id == bindparam("list"))
_LATEST: Final = select(table).where(table.c.list_id == bindparam("list")).order_by(table.c.version.desc()).limit(1)


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
    before = mark_of(tx, record.list_id)
    newest = 0 if before is None else before.version
    if before is not None and newest >= record.version and before.last_change >= record.last_change:
        return before
    insert(tx, table, replace(record, version=newest + 1))
    return mark_of(tx, record.list_id) or _unpublished()


def latest(tx: Transaction, list_id: UUID) -> StatusPublication:
    """Return the newest publication of a list that has one."""
    return read_one(tx, _LATEST, StatusPublication, list=list_id) or _unpublished()


def marks(tx: Transaction) -> dict[UUID, Mark]:
    """Return the newest publication of each of the institution's lists; one never published has none."""
    rows = tx.connection.execute(_MARKS_OF_ALL, {"institution": tx.institution_id}).mappings()
    return {mark.list_id: mark for mark in (Mark(**row) for row in rows)}


def mark_of(tx: Transaction, list_id: UUID) -> Mark | None:
    """Return the newest publication of one list."""
    return read_one(tx, _MARK_OF_ONE, Mark, list=list_id)


def knows(tx: Transaction, list_id: UUID, document: bytes) -> bool:
    """Whether exactly these bytes were published of a list, and are kept."""
    statement = select(table.c.version).where(table.c.list_id == list_id, table.c.document == document)
    return tx.connection.execute(statement.limit(1)).first() is not None


def signed_since(tx: Transaction, list_id: UUID, moment: datetime) -> int:
    """Return how many publications of a list were signed at a moment or later."""
    statement = select(func.count()).where(table.c.list_id == list_id, table.c.signed_at >= moment)
    return tx.connection.scalar(statement) or 0


def _unpublished() -> NoReturn:
    raise RuntimeError("this list has never been published")
