"""Status lists, the decisions about their entries, and what was published of them.

A list's key is enough to find it: whoever holds a credential may read its status.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, func, select, update

from issuer.db import Transaction
from issuer.model import StatusChange, StatusList, StatusPublication
from issuer.store.rows import changed, insert, read_all, read_one
from issuer.store.tables import status_change as changes
from issuer.store.tables import status_list as table
from issuer.store.tables import status_publication as publications

_OPEN: Final = (
    select(table)
    .where(table.c.institution_id == bindparam("institution"), table.c.purpose == bindparam("purpose"))
    .where(table.c.taken < table.c.length)
    .order_by(table.c.created_at, table.c.id)
    .limit(1)
)
_OPEN_OWN: Final = _OPEN.where(table.c.profile_id.is_(None))
_OPEN_OF_PROFILE: Final = _OPEN.where(table.c.profile_id == bindparam("profile"))
_TAKE: Final = (
    update(table)
    .where(table.c.id == bindparam("list"), table.c.taken == bindparam("before"))
    .values(taken=bindparam("after"))
)


def add(tx: Transaction, record: StatusList) -> None:
    """Store a new list."""
    insert(tx, table, record)


def get(tx: Transaction, list_id: UUID) -> StatusList | None:
    """Return one list by its key, of whichever institution."""
    return read_one(tx, select(table).where(table.c.id == list_id), StatusList)


def every(tx: Transaction) -> tuple[StatusList, ...]:
    """Return the lists of the institution, the oldest first."""
    statement = select(table).where(table.c.institution_id == tx.institution_id).order_by(table.c.id)
    return read_all(tx, statement, StatusList)


def open_list(tx: Transaction, purpose: str, profile_id: UUID | None) -> StatusList | None:
    """Return the oldest list with entries to give away, of a profile or (`profile_id` is None) of the institution."""
    whose = {} if profile_id is None else {"profile": profile_id}
    statement = _OPEN_OWN if profile_id is None else _OPEN_OF_PROFILE
    return read_one(tx, statement, StatusList, institution=tx.institution_id, purpose=purpose, **whose)


def take(tx: Transaction, record: StatusList, count: int) -> bool:
    """Give away the next `count` entries of a list; False if somebody else did since `record` was read."""
    values = {"list": record.id, "before": record.taken, "after": record.taken + count}
    return changed(tx, _TAKE, [values]) == 1


def add_change(tx: Transaction, **values: Any) -> StatusChange:
    """Append a decision about one entry."""
    row = tx.connection.execute(changes.insert().values(**values).returning(changes)).mappings().one()
    return StatusChange(**row)


def newest_change(tx: Transaction, list_id: UUID, index: int) -> StatusChange | None:
    """Return the decision that counts for one entry."""
    statement = select(changes).where(changes.c.list_id == list_id, changes.c.index == index)
    return read_one(tx, statement.order_by(changes.c.id.desc()).limit(1), StatusChange)


def last_change(tx: Transaction, list_id: UUID) -> int:
    """Return the key of the newest decision about any entry of a list; 0 if there is none."""
    return tx.connection.scalar(select(func.max(changes.c.id)).where(changes.c.list_id == list_id)) or 0


def set_indexes(tx: Transaction, list_id: UUID) -> tuple[int, ...]:
    """Return the entries whose newest decision sets the bit, in rising order."""
    newest = select(func.max(changes.c.id)).where(changes.c.list_id == list_id).group_by(changes.c.index)
    statement = select(changes.c.index).where(changes.c.id.in_(newest), changes.c.value.is_(True))
    return tuple(tx.connection.scalars(statement.order_by(changes.c.index)))


def publish(tx: Transaction, list_id: UUID, document: bytes, signed_at: datetime) -> StatusPublication:
    """Store a newly signed list under the next version number, with all decisions up to now.

    The document must have been rendered in the same transaction.
    """
    before = latest(tx, list_id)
    version = 1 if before is None else before.version + 1
    record = StatusPublication(list_id, version, document, last_change(tx, list_id), signed_at)
    insert(tx, publications, record)
    return record


def latest(tx: Transaction, list_id: UUID) -> StatusPublication | None:
    """Return the newest publication of a list."""
    statement = select(publications).where(publications.c.list_id == list_id)
    return read_one(tx, statement.order_by(publications.c.version.desc()).limit(1), StatusPublication)
