"""Bindings of courses to definitions; one that was removed stays, since awards refer to it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, bindparam, select, update

from issuer.db import Transaction
from issuer.model.lms import LmsBinding
from issuer.store.rows import among as one_of
from issuer.store.rows import changed, insert, pairs_in, read_all, read_in
from issuer.store.tables_lms import binding as table

_AMONG: Final = select(table).where(
    table.c.institution_id == bindparam("institution"), table.c.removed_at.is_(None), one_of(table.c.connection_id)
)
_COURSES: Final = select(table.c.id, table.c.connection_id, table.c.course).where(one_of(table.c.id))


def add(tx: Transaction, record: LmsBinding) -> None:
    """Store a new binding."""
    insert(tx, table, record)


def every(tx: Transaction) -> tuple[LmsBinding, ...]:
    """Return all bindings that were not removed, in order of their making."""
    return read_all(tx, _ours(tx).order_by(table.c.id), LmsBinding)


def among(tx: Transaction, connection_ids: Collection[UUID]) -> tuple[LmsBinding, ...]:
    """Return the bindings of some connections."""
    return tuple(read_in(tx, _AMONG, connection_ids, LmsBinding, institution=tx.institution_id))


def courses(tx: Transaction, binding_ids: Collection[UUID]) -> dict[UUID, tuple[UUID, str]]:
    """Return connection and course of bindings, also of removed ones."""
    return {key: (connection, course) for key, connection, course in pairs_in(tx, _COURSES, binding_ids)}


def remove(tx: Transaction, binding_id: UUID, now: datetime) -> bool:
    """Let a binding end now; False if there is none."""
    statement = update(table).where(table.c.institution_id == tx.institution_id, table.c.id == binding_id)
    return changed(tx, statement.where(table.c.removed_at.is_(None)).values(removed_at=now)) == 1


def _ours(tx: Transaction) -> Select[Any]:
    return select(table).where(table.c.institution_id == tx.institution_id, table.c.removed_at.is_(None))
