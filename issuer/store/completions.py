"""Completions and their history."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, update

from issuer.db import Transaction
from issuer.model import Completion, CompletionState, CompletionStep
from issuer.store.rows import MAX_PAGE, changed, insert_new, read_all, read_one
from issuer.store.tables import completion as table
from issuer.store.tables import completion_history as history


def add_new(tx: Transaction, record: Completion) -> bool:
    """Store a completion unless its (source, source id) is taken; True if it was stored."""
    return insert_new(tx, table, {column.name: getattr(record, column.name) for column in table.c})


def by_source(tx: Transaction, source: str, source_id: str) -> Completion | None:
    """Return the completion that a source reported under its id."""
    statement = _ours(tx).where(table.c.source == source, table.c.source_id == source_id)
    return read_one(tx, statement, Completion)


def get(tx: Transaction, completion_id: UUID) -> Completion | None:
    """Return one completion by its key."""
    return read_one(tx, _ours(tx).where(table.c.id == completion_id), Completion)


def page(tx: Transaction, state: CompletionState | None, limit: int, after: UUID | None) -> tuple[Completion, ...]:
    """Return up to `limit` (at most `MAX_PAGE`) completions in order of arrival, those after the key `after`."""
    statement = _ours(tx).order_by(table.c.id).limit(max(1, min(limit, MAX_PAGE)))
    if state is not None:
        statement = statement.where(table.c.state == state)
    if after is not None:
        statement = statement.where(table.c.id > after)
    return read_all(tx, statement, Completion)


def held(
    tx: Transaction, definition_id: str, limit: int = MAX_PAGE, after: UUID | None = None
) -> tuple[Completion, ...]:
    """Return up to `limit` held completions of a definition in order of arrival, those after the key `after`."""
    statement = _ours(tx).where(table.c.definition_id == definition_id, table.c.state == CompletionState.HELD)
    if after is not None:
        statement = statement.where(table.c.id > after)
    return read_all(tx, statement.order_by(table.c.id).limit(min(limit, MAX_PAGE)), Completion)


def change(tx: Transaction, record: Completion, **values: Any) -> bool:
    """Change columns of a completion that is still in the state of `record`; False if it no longer is."""
    statement = update(table).where(table.c.id == record.id, table.c.state == record.state).values(**values)
    return changed(tx, statement) == 1


def note(tx: Transaction, record: Completion, actor: str, at: Any) -> None:
    """Write the state that a completion has reached into its history."""
    row = {"completion_id": record.id, "at": at, "state": record.state, "actor": actor}
    tx.connection.execute(history.insert(), {**row, "reason_code": record.reason_code, "reason": record.reason})


def steps(tx: Transaction, completion_id: UUID) -> tuple[CompletionStep, ...]:
    """Return the history of a completion, the first step first."""
    statement = select(history).where(history.c.completion_id == completion_id).order_by(history.c.id)
    return read_all(tx, statement, CompletionStep)


def _ours(tx: Transaction) -> Select[Any]:
    return select(table).where(table.c.institution_id == tx.institution_id)
