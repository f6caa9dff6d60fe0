"""Connections to learning platforms. One that was removed stays, since reports refer to it, and takes nothing more."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, bindparam, select, update

from issuer.db import Transaction
from issuer.model.lms import LmsConnection
from issuer.store.rows import among, changed, insert, read_all, read_in, read_one
from issuer.store.tables_lms import connection as table
from issuer.store.tables_lms import cursor

_OURS: Final = select(table).where(table.c.institution_id == bindparam("institution"))
_BY_NAME: Final = _OURS.where(among(table.c.name))
_BY_ID: Final = _OURS.where(among(table.c.id))


def add(tx: Transaction, record: LmsConnection) -> None:
    """Store a new connection."""
    insert(tx, table, record)


def change(tx: Transaction, record: LmsConnection, **values: Any) -> bool:
    """Change a connection that is still as in `record`; False if somebody else has changed it."""
    statement = update(table).where(table.c.id == record.id, table.c.revision == record.revision)
    return changed(tx, statement.values(revision=record.revision + 1, **values)) == 1


def every(tx: Transaction) -> tuple[LmsConnection, ...]:
    """Return all connections that were not removed, by name."""
    return read_all(tx, _ours(tx).where(table.c.removed_at.is_(None)).order_by(table.c.name), LmsConnection)


def with_removed(tx: Transaction) -> tuple[LmsConnection, ...]:
    """Return all connections, also those that were removed."""
    return read_all(tx, _ours(tx), LmsConnection)


def by_name(tx: Transaction, name: str) -> LmsConnection | None:
    """Return a connection by its name, also one that was removed."""
    return read_one(tx, _ours(tx).where(table.c.name == name), LmsConnection)


def by_names(tx: Transaction, names: Collection[str]) -> dict[str, LmsConnection]:
    """Return those of some connections that there are."""
    return {found.name: found for found in read_in(tx, _BY_NAME, names, LmsConnection, institution=tx.institution_id)}


def by_ids(tx: Transaction, ids: Collection[UUID]) -> dict[UUID, LmsConnection]:
    """Return some connections by their keys."""
    return {found.id: found for found in read_in(tx, _BY_ID, ids, LmsConnection, institution=tx.institution_id)}


def position(tx: Transaction, connection_id: UUID, course: str = "") -> str:
    """Return up to where a source was read, in its own words; "" if it never was."""
    statement = select(cursor.c.position).where(cursor.c.connection_id == connection_id, cursor.c.course == course)
    return tx.connection.scalar(statement) or ""


def move(tx: Transaction, connection_id: UUID, text: str, now: datetime, course: str = "") -> None:
    """Record up to where a source was read."""
    values = {"position": text, "moved_at": now}
    where = (cursor.c.connection_id == connection_id, cursor.c.course == course)
    if not changed(tx, update(cursor).where(*where).values(**values)):
        tx.connection.execute(cursor.insert(), {"connection_id": connection_id, "course": course, **values})


def _ours(tx: Transaction) -> Select[Any]:
    return select(table).where(table.c.institution_id == tx.institution_id)
