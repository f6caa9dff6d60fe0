"""Checkpoints of the audit log. Entries of all institutions form one log, so these are of the whole installation."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import select

from issuer.db import Transaction
from issuer.model import AuditEntry
from issuer.model.keys import Checkpoint
from issuer.store.rows import insert_new, read_all, read_one
from issuer.store.tables import audit
from issuer.store.tables_keys import audit_checkpoint as table


def add(tx: Transaction, record: Checkpoint) -> bool:
    """Store a checkpoint; False if there is one for the same entry."""
    return insert_new(tx, table, asdict(record))


def every(tx: Transaction) -> tuple[Checkpoint, ...]:
    """Return all checkpoints, the oldest first: 8,760 for a year of hours."""
    return read_all(tx, select(table).order_by(table.c.seq), Checkpoint)


def latest(tx: Transaction) -> Checkpoint | None:
    """Return the newest checkpoint."""
    return read_one(tx, select(table).order_by(table.c.seq.desc()).limit(1), Checkpoint)


def entry(tx: Transaction, seq: int) -> AuditEntry | None:
    """Return one entry of the audit log."""
    return read_one(tx, select(audit).where(audit.c.seq == seq), AuditEntry)
