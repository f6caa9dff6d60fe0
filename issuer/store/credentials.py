"""Issued credentials, and the business key that never gets two of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, and_, bindparam, select, update

from issuer.db import Transaction
from issuer.model import Completion, IssuedCredential, StatusState
from issuer.store.rows import MAX_PAGE, among, changed, insert_many, pairs_in, read_all, read_in, read_one
from issuer.store.tables import award
from issuer.store.tables import credential as table
from issuer.store.tables import status_change as changes

_BY_ID: Final = select(table).where(table.c.institution_id == bindparam("institution"), among(table.c.id))
_BY_PUBLIC_ID: Final = select(table).where(table.c.institution_id == bindparam("institution"), among(table.c.public_id))
_AWARDED: Final = select(award.c.person, award.c.occurrence, award.c.credential_id).where(
    award.c.institution_id == bindparam("institution"),
    award.c.definition_id == bindparam("definition"),
    among(award.c.person),
)
_CHANGES: Final = (
    select(table.c.id, changes.c.state)
    .join(changes, and_(changes.c.list_id == table.c.status_list_id, changes.c.index == table.c.status_index))
    .where(among(table.c.id))
    .order_by(changes.c.id)
)


def add_many(tx: Transaction, records: Sequence[IssuedCredential]) -> None:
    """Store credentials with their exact bytes."""
    insert_many(tx, table, records)


def get(tx: Transaction, credential_id: UUID) -> IssuedCredential | None:
    """Return one credential by its key."""
    return read_one(tx, _ours(tx).where(table.c.id == credential_id), IssuedCredential)


def by_ids(tx: Transaction, credential_ids: Collection[UUID]) -> dict[UUID, IssuedCredential]:
    """Return some credentials by their keys."""
    return {
        found.id: found
        for found in read_in(tx, _BY_ID, credential_ids, IssuedCredential, institution=tx.institution_id)
    }


def by_public_id(tx: Transaction, public_id: str) -> IssuedCredential | None:
    """Return the credential at a public address, of whichever institution: who knows the address may see it."""
    return read_one(tx, select(table).where(table.c.public_id == public_id), IssuedCredential)


def by_public_ids(tx: Transaction, public_ids: Collection[str]) -> dict[str, IssuedCredential]:
    """Return the institution's credentials at some public addresses."""
    found = read_in(tx, _BY_PUBLIC_ID, public_ids, IssuedCredential, institution=tx.institution_id)
    return {record.public_id: record for record in found}


def page(tx: Transaction, limit: int, after: UUID | None = None) -> tuple[IssuedCredential, ...]:
    """Return up to `limit` (at most `MAX_PAGE`) credentials in order of issue, those after the key `after`."""
    statement = _ours(tx).order_by(table.c.id).limit(max(1, min(limit, MAX_PAGE)))
    return read_all(tx, statement if after is None else statement.where(table.c.id > after), IssuedCredential)


def awarded_among(tx: Transaction, definition_id: str, persons: Collection[str]) -> dict[tuple[str, str, str], UUID]:
    """Return which credential each business key (person, definition, occurrence) of these people has, if any."""
    found = pairs_in(tx, _AWARDED, persons, institution=tx.institution_id, definition=definition_id)
    return {(person, definition_id, occurrence): credential_id for person, occurrence, credential_id in found}


def revoked_among(tx: Transaction, credential_ids: Collection[UUID]) -> frozenset[UUID]:
    """Return the keys of those credentials that were revoked. One that is suspended may come back."""
    newest = dict(pairs_in(tx, _CHANGES, credential_ids))
    return frozenset(key for key, state in newest.items() if state is StatusState.REVOKED)


def award_many(tx: Transaction, issued: Sequence[Completion]) -> None:
    """Give the business keys of issued completions to their credentials.

    A key that has a credential raises `sqlalchemy.exc.IntegrityError`: whoever writes has looked before.
    """
    insert_many(tx, award, issued)


def keep_token(tx: Transaction, record: IssuedCredential, token: str) -> bool:
    """Store the token form of a credential that has none yet; False if it has."""
    statement = update(table).where(table.c.id == record.id, table.c.jwt.is_(None))
    return changed(tx, statement.values(jwt=token)) == 1


def _ours(tx: Transaction) -> Select[Any]:
    return select(table).where(table.c.institution_id == tx.institution_id)
