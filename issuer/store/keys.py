"""The register of signing keys: their public parts and what was decided about them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select, update

from issuer.db import Transaction
from issuer.model.keys import RecordedKey
from issuer.store.rows import changed, insert, read_all
from issuer.store.tables_keys import signing_key as table


def every(tx: Transaction) -> dict[str, RecordedKey]:
    """Return the institution's keys on record by name."""
    statement = select(table).where(table.c.institution_id == tx.institution_id).order_by(table.c.name)
    return {record.name: record for record in read_all(tx, statement, RecordedKey)}


def add(tx: Transaction, record: RecordedKey) -> None:
    """Put a key on record."""
    insert(tx, table, record)


def mark(tx: Transaction, name: str, value: Mapping[str, str], now: datetime) -> None:
    """Record what was decided about a key."""
    changed(tx, update(table).where(table.c.name == name).values(mark=dict(value), recorded_at=now))
