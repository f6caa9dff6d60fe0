"""Institutions. These functions work across the whole installation, whatever the scope of the transaction."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select, update

from issuer.db import Transaction
from issuer.errors import NotFoundError
from issuer.model import Institution
from issuer.store.rows import insert, read_all, read_one
from issuer.store.tables import institution, institution_secret

SECRET_BYTES: Final = 32
"""256 bits: what is derived from it cannot be guessed."""
_SECRET: Final = select(institution_secret.c.secret).where(
    institution_secret.c.institution_id == bindparam("institution")
)


def add(tx: Transaction, record: Institution) -> None:
    """Store a new institution; `slug` and `did` are unique."""
    insert(tx, institution, record)


def get(tx: Transaction, institution_id: UUID) -> Institution:
    """Return the institution, or raise `NotFoundError`."""
    found = read_one(tx, select(institution).where(institution.c.id == institution_id), Institution)
    if found is None:
        raise NotFoundError("There is no such institution.")
    return found


def move(tx: Transaction, institution_id: UUID, base_url: str) -> None:
    """Record another public address: new credentials carry it, and old ones keep theirs."""
    tx.connection.execute(update(institution).where(institution.c.id == institution_id).values(base_url=base_url))


def by_slug(tx: Transaction, slug: str) -> Institution | None:
    """Return the institution that has this name in our addresses."""
    return read_one(tx, select(institution).where(institution.c.slug == slug), Institution)


def every(tx: Transaction) -> tuple[Institution, ...]:
    """Return all institutions, the oldest first."""
    return read_all(tx, select(institution).order_by(institution.c.id), Institution)


def secret(tx: Transaction) -> bytes:
    """Return the secret of the institution, 32 bytes that never change; made when it is first asked for.

    What looks random in a credential is derived from it, so that the same completion gives the same credential again.
    """
    found: bytes | None = tx.connection.scalar(_SECRET, {"institution": tx.institution_id})
    if found is None:
        found = tx.random_bytes(SECRET_BYTES)
        tx.connection.execute(institution_secret.insert(), {"institution_id": tx.institution_id, "secret": found})
    return found
