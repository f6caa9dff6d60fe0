"""Issued credentials, and the business key that never gets two of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from issuer.db import Transaction
from issuer.errors import IntegrityError
from issuer.model import Completion, IssuedCredential
from issuer.store.rows import MAX_PAGE, insert, insert_new, read_all, read_one
from issuer.store.tables import award
from issuer.store.tables import credential as table


def add(tx: Transaction, record: IssuedCredential) -> None:
    """Store a credential with its exact bytes."""
    insert(tx, table, record)


def get(tx: Transaction, credential_id: UUID) -> IssuedCredential | None:
    """Return one credential by its key."""
    return read_one(tx, _ours(tx).where(table.c.id == credential_id), IssuedCredential)


def by_public_id(tx: Transaction, public_id: str) -> IssuedCredential | None:
    """Return the credential at a public address, of whichever institution: who knows the address may see it."""
    return read_one(tx, select(table).where(table.c.public_id == public_id), IssuedCredential)


def by_completion(tx: Transaction, completion_id: UUID) -> IssuedCredential | None:
    """Return the credential that was issued for a completion."""
    return read_one(tx, _ours(tx).where(table.c.completion_id == completion_id), IssuedCredential)


def page(tx: Transaction, limit: int, after: UUID | None = None) -> tuple[IssuedCredential, ...]:
    """Return up to `limit` (at most `MAX_PAGE`) credentials in order of issue, those after the key `after`."""
    statement = _ours(tx).order_by(table.c.id).limit(max(1, min(limit, MAX_PAGE)))
    return read_all(tx, statement if after is None else statement.where(table.c.id > after), IssuedCredential)


def awarded(tx: Transaction, person: str, definition_id: str, occurrence: str) -> UUID | None:
    """Return the key of the credential that a business key already has."""
    found: UUID | None = tx.connection.scalar(
        select(award.c.credential_id).where(
            award.c.institution_id == tx.institution_id,
            award.c.person == person,
            award.c.definition_id == definition_id,
            award.c.occurrence == occurrence,
        )
    )
    return found


def claim(tx: Transaction, completion: Completion, credential_id: UUID) -> UUID:
    """Take the business key of a completion for a credential that this transaction is about to store.

    Returns `credential_id`, or the key of the credential that has it already. Claim before any work is done; the
    reference is checked at commit.
    """
    key = {name: getattr(completion, name) for name in ("person", "definition_id", "occurrence")}
    values = {**key, "institution_id": tx.institution_id, "credential_id": credential_id}
    if insert_new(tx, award, values):
        return credential_id
    holder = awarded(tx, **key)
    if holder is None:
        raise IntegrityError("The credential key is in use for another award.")
    return holder


def _ours(tx: Transaction) -> Select[Any]:
    return select(table).where(table.c.institution_id == tx.institution_id)
