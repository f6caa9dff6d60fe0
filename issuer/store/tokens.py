"""Access tokens, by their SHA-256."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import select, update

from issuer.db import Transaction
from issuer.model import ApiToken
from issuer.store.rows import among, changed, insert, read_all, read_in, read_one
from issuer.store.tables import api_token as table

_BY_DIGEST: Final = select(table).where(among(table.c.sha256))


def add(tx: Transaction, record: ApiToken) -> None:
    """Store a token."""
    insert(tx, table, record)


def by_digests(tx: Transaction, digests: Collection[bytes]) -> dict[bytes, ApiToken]:
    """Return the tokens with these SHA-256, of whichever institution: the token itself says whose it is."""
    return {token.sha256: token for token in read_in(tx, _BY_DIGEST, digests, ApiToken)}


def by_name(tx: Transaction, name: str) -> ApiToken | None:
    """Return the institution's token of this name."""
    statement = select(table).where(table.c.institution_id == tx.institution_id, table.c.name == name)
    return read_one(tx, statement, ApiToken)


def every(tx: Transaction) -> tuple[ApiToken, ...]:
    """Return the institution's tokens, the oldest first."""
    statement = select(table).where(table.c.institution_id == tx.institution_id).order_by(table.c.id)
    return read_all(tx, statement, ApiToken)


def revoke(tx: Transaction, record: ApiToken, now: datetime) -> bool:
    """Mark a token as revoked; False if it was already."""
    statement = update(table).where(table.c.id == record.id, table.c.revoked_at.is_(None)).values(revoked_at=now)
    return changed(tx, statement) == 1
