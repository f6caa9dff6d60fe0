"""Reports that wait for a person."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, bindparam, func, select, update

from issuer.db import Transaction
from issuer.model import Review, ReviewKind, ReviewState
from issuer.store.rows import MAX_PAGE, among, changed, insert_new, pairs_in, read_all, read_one
from issuer.store.tables import review as table

_ANY_OPEN: Final = (
    select(table.c.id)
    .where(table.c.institution_id == bindparam("institution"), table.c.kind == bindparam("kind"))
    .where(table.c.state == ReviewState.OPEN)
    .limit(1)
)


def add_new(tx: Transaction, record: Review) -> bool:
    """Store a review unless the same report waits or waited already; True if it was stored."""
    return insert_new(tx, table, {column.name: getattr(record, column.name) for column in table.c})


def get(tx: Transaction, review_id: UUID) -> Review | None:
    """Return one review by its key."""
    return read_one(tx, _ours(tx).where(table.c.id == review_id), Review)


def find(tx: Transaction, kind: ReviewKind, source: str, source_id: str, digest: bytes) -> Review | None:
    """Return the review of one report."""
    statement = _ours(tx).where(table.c.kind == kind, table.c.source == source, table.c.source_id == source_id)
    return read_one(tx, statement.where(table.c.digest == digest), Review)


def page(tx: Transaction, state: ReviewState, limit: int, after: UUID | None) -> tuple[Review, ...]:
    """Return up to `limit` (at most `MAX_PAGE`) reviews in order of arrival, those after the key `after`."""
    statement = _ours(tx).where(table.c.state == state).order_by(table.c.id).limit(max(1, min(limit, MAX_PAGE)))
    return read_all(tx, statement if after is None else statement.where(table.c.id > after), Review)


def any_open(tx: Transaction, kind: ReviewKind) -> bool:
    """Whether any review of a kind waits."""
    return tx.connection.scalar(_ANY_OPEN, {"institution": tx.institution_id, "kind": kind}) is not None


def withdrawn_among(
    tx: Transaction, definition_id: str, persons: Collection[str]
) -> dict[tuple[str, str, str], datetime]:
    """Return for which business keys a source took a completion back, undecided so far, and when it last did."""
    statement = (
        select(table.c.person, table.c.occurrence, func.max(table.c.occurred_at))
        .where(table.c.institution_id == tx.institution_id, table.c.definition_id == definition_id)
        .where(table.c.kind == ReviewKind.WITHDRAWAL, table.c.state == ReviewState.OPEN, among(table.c.person))
        .group_by(table.c.person, table.c.occurrence)
    )
    found = pairs_in(tx, statement, persons)
    return {(person, definition_id, occurrence): at for person, occurrence, at in found}


def settle(tx: Transaction, record: Review, **values: Any) -> bool:
    """Change columns of a review that is still in the state of `record`; False if it no longer is."""
    statement = update(table).where(table.c.id == record.id, table.c.state == record.state)
    return changed(tx, statement.values(**values)) == 1


def _ours(tx: Transaction) -> Select[Any]:
    return select(table).where(table.c.institution_id == tx.institution_id)
