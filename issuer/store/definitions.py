"""Definition versions."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, bindparam, select, update

from issuer.db import Transaction
from issuer.model import DefinitionState, DefinitionVersion
from issuer.store.rows import among, changed, insert, read_all, read_in, read_one
from issuer.store.tables import definition_version as table

_OF_DEFINITIONS: Final = (
    select(table)
    .where(table.c.institution_id == bindparam("institution"), among(table.c.definition_id))
    .order_by(table.c.id)
)


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
    return versions_of(tx, [definition_id]).get(definition_id, ())


def versions_of(tx: Transaction, definition_ids: Collection[str]) -> dict[str, tuple[DefinitionVersion, ...]]:
    """Return all versions of each of these definitions that has any, the oldest first."""
    found: dict[str, tuple[DefinitionVersion, ...]] = {}
    for record in read_in(tx, _OF_DEFINITIONS, definition_ids, DefinitionVersion, institution=tx.institution_id):
        found[record.definition_id] = (*found.get(record.definition_id, ()), record)
    return found


def every(tx: Transaction, state: DefinitionState | None = None) -> tuple[DefinitionVersion, ...]:
    """Return all versions of all definitions, or those in one state; by definition, the oldest first."""
    statement = _ours(tx).order_by(table.c.definition_id, table.c.id)
    return read_all(tx, statement if state is None else statement.where(table.c.state == state), DefinitionVersion)


def change(tx: Transaction, record: DefinitionVersion, expected: DefinitionState, **values: Any) -> bool:
    """Change columns of a version that is still in the `expected` state; False if it no longer is."""
    statement = update(table).where(table.c.id == record.id, table.c.state == expected).values(**values)
    return changed(tx, statement) == 1


def _ours(tx: Transaction) -> Select[Any]:
    return select(table).where(table.c.institution_id == tx.institution_id)
