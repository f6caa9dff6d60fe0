"""Credentials by the key that signed them, and their former editions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, bindparam, select, update

from issuer.db import Transaction
from issuer.model import IssuedCredential
from issuer.model.keys import FormerEdition
from issuer.store.rows import changed, insert_many, read_all
from issuer.store.tables import credential as table
from issuer.store.tables_keys import credential_edition as former

_CHANGING: Final = ("sha256", "key_id", "status_list_id", "status_index", "issued_at", "edition", "document", "jwt")
_REPLACE: Final = (
    update(table)
    .where(table.c.id == bindparam("old_id"), table.c.edition == bindparam("old_edition"))
    .values({name: bindparam(f"new_{name}", type_=table.c[name].type) for name in _CHANGING})
)


def signed_by(tx: Transaction, key_id: str, limit: int, after: UUID | None = None) -> tuple[IssuedCredential, ...]:
    """Return up to `limit` live credentials with the proof of a key, by id, those after `after`."""
    return read_all(tx, _after(_ours(tx).where(table.c.key_id == key_id), after, limit), IssuedCredential)


def with_token(tx: Transaction, prefix: str, limit: int, after: UUID | None = None) -> tuple[IssuedCredential, ...]:
    """Return up to `limit` live credentials whose token form begins so, by id, those after `after`."""
    statement = _ours(tx).where(table.c.jwt.startswith(prefix, autoescape=True))
    return read_all(tx, _after(statement, after, limit), IssuedCredential)


def formerly_signed_by(tx: Transaction, key_id: str) -> Iterator[tuple[str, bytes, datetime]]:
    """Yield (public_id, sha256, issued_at) of the former editions with the proof of a key."""
    named = (table.c.public_id, former.c.sha256, former.c.issued_at)
    statement = select(*named).join(former, former.c.credential_id == table.c.id)
    ours = statement.where(table.c.institution_id == tx.institution_id, former.c.key_id == key_id)
    for row in tx.connection.execute(ours.order_by(former.c.credential_id, former.c.edition)):
        yield row[0], row[1], row[2]


def keep(tx: Transaction, editions: Sequence[FormerEdition]) -> None:
    """Store former editions of credentials with their exact bytes."""
    insert_many(tx, former, editions)


def replace_many(tx: Transaction, pairs: Sequence[tuple[IssuedCredential, IssuedCredential]]) -> int:
    """Put new editions in the place of live credentials, given as (before, after); return how many were replaced."""
    if not pairs:
        return 0
    values = [{f"new_{name}": getattr(after, name) for name in _CHANGING} for _, after in pairs]
    keys = [{"old_id": before.id, "old_edition": before.edition} for before, _ in pairs]
    return changed(tx, _REPLACE, [value | key for value, key in zip(values, keys, strict=True)])


def drop_tokens(tx: Transaction, prefix: str, credentials: Sequence[IssuedCredential]) -> int:
    """Forget the token forms of credentials that begin so; they are signed anew when they are asked for."""
    if not credentials:
        return 0
    ids = [credential.id for credential in credentials]
    statement = update(table).where(table.c.id.in_(ids), table.c.jwt.startswith(prefix, autoescape=True))
    return changed(tx, statement.values(jwt=None))


def _ours(tx: Transaction) -> Select[Any]:
    return select(table).where(table.c.institution_id == tx.institution_id)


def _after(statement: Select[Any], after: UUID | None, limit: int) -> Select[Any]:
    ordered = statement.order_by(table.c.id).limit(limit)
    return ordered if after is None else ordered.where(table.c.id > after)
