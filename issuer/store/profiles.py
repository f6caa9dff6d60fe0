"""Issuer profiles, and the credentials that they issued with a status entry."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from issuer.db import Transaction
from issuer.errors import IntegrityError
from issuer.model.profile import IssuerProfile, ProfileCredential
from issuer.store.rows import insert, read_all, read_one
from issuer.store.tables import issuer_profile as table
from issuer.store.tables import profile_credential as credentials


def add(tx: Transaction, record: IssuerProfile) -> None:
    """Store a new profile; its name is unique in the institution."""
    insert(tx, table, record)


def get(tx: Transaction, profile_id: UUID) -> IssuerProfile:
    """Return one profile by its key, of whichever institution. Raises `IntegrityError`: profiles are never removed."""
    found = read_one(tx, select(table).where(table.c.id == profile_id), IssuerProfile)
    if found is None:
        raise IntegrityError("A status list belongs to an issuer profile that is not there.")
    return found


def by_name(tx: Transaction, name: str) -> IssuerProfile | None:
    """Return the institution's profile of this name."""
    statement = select(table).where(table.c.institution_id == tx.institution_id, table.c.name == name)
    return read_one(tx, statement, IssuerProfile)


def every(tx: Transaction) -> tuple[IssuerProfile, ...]:
    """Return the institution's profiles, the oldest first."""
    statement = select(table).where(table.c.institution_id == tx.institution_id).order_by(table.c.id)
    return read_all(tx, statement, IssuerProfile)


def add_credential(tx: Transaction, record: ProfileCredential) -> None:
    """Store what is needed to change the status of a credential later."""
    insert(tx, credentials, record)


def credentials_by_id(tx: Transaction, credential_id: str, limit: int) -> tuple[ProfileCredential, ...]:
    """Return the institution's credentials that the caller knows by this id, the newest first."""
    statement = (
        select(credentials)
        .where(credentials.c.institution_id == tx.institution_id, credentials.c.credential_id == credential_id)
        .order_by(credentials.c.id.desc())
        .limit(limit)
    )
    return read_all(tx, statement, ProfileCredential)


def signed_by(tx: Transaction, did: str) -> Iterator[tuple[str, bytes, datetime]]:
    """Yield (credential_id, sha256, issued_at) of what the institution's profile with this DID issued, in order."""
    named = (credentials.c.credential_id, credentials.c.sha256, credentials.c.issued_at)
    statement = select(*named).join(table, table.c.id == credentials.c.profile_id)
    ours = statement.where(table.c.institution_id == tx.institution_id, table.c.did == did)
    for row in tx.connection.execute(ours.order_by(credentials.c.id)):
        yield row[0], row[1], row[2]
