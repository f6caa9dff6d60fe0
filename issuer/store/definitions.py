"""Definition versions."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, update

from issuer.db import Transaction
from issuer.model import DefinitionState, DefinitionVersion
from issuer.store.rows import changed, insert, read_all, read_one
from issuer.store.tables import definition_version as table


def add(tx: Transaction, record: DefinitionVersion) -> None:
    """Store a new version."""
    insert(tx, table, record)


def find(tx: Transaction, definition_id: str, version: str) -> DefinitionVersion | None:
    """Return one version by its names."""
    statement = _ours(tx).where(table.c.definition_id == definition_id, table.c.version == version)
    return read_one(tx, statement, DefinitionVersion)


def get(tx: Transaction, version_id: UUID) -> DefinitionVersion | None:
    """Return one version by its key."""
    return read_one(tx, _ours(tx).where(table.c.id == version_id), DefinitionVersion)


def versions(tx: Transaction, definition_id: str) -> tuple[DefinitionVersion, ...]:
    """Return all versions of a definition, the oldest first."""
    statement = _ours(tx).where(table.c.definition_id == definition_id).order_by(table.c.id)
    return read_all(tx, statement, DefinitionVersion)


def every(tx: Transaction, state: DefinitionState | None = None) -> tuple[DefinitionVersion, ...]:
    """Return all versions of all definitions, or those in one state; by definition, the oldest first."""
    statement = _ours(tx).order_by(table.c.definition_id, table.c.id)
    return read_all(tx, statement if state is None else statement.where(table.c.state == state), DefinitionVersion)


def in_force(tx: Transaction, definition_id: str, at: datetime) -> tuple[DefinitionVersion, ...]:
    """Return the versions in force at `at`, the one that took effect last first."""
    statement = _ours(tx).where(
        table.c.definition_id == definition_id,
        table.c.effective_from <= at,
        (table.c.retired_at.is_(None)) | (table.c.retired_at > at),
    )
    return read_all(tx, statement.order_by(table.c.effective_from.desc()), DefinitionVersion)


def change(tx: Transaction, record: DefinitionVersion, expected: DefinitionState, **values: Any) -> bool:
    """Change columns of a version that is still in the `expected` state; False if it no longer is."""
    statement = update(table).where(table.c.id == record.id, table.c.state == expected).values(**values)
    return changed(tx, statement) == 1


def _ours(tx: Transaction) -> Select[Any]:
    return select(table).where(table.c.institution_id == tx.institution_id)
