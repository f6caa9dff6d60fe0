"""Completions and their history."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, and_, bindparam, literal, or_, select, update

from issuer.db import Transaction
from issuer.model import Completion, CompletionState, CompletionStep
from issuer.store.rows import MAX_PAGE, among, changed, insert_many, pairs_in, read_all, read_in, read_one
from issuer.store.tables import award, credential
from issuer.store.tables import completion as table
from issuer.store.tables import completion_history as history


def add_many(tx: Transaction, records: Sequence[Completion]) -> None:
    """Store new completions. Their first state is not noted in the history: it stands in the row until it changes."""
    insert_many(tx, table, records)


def by_sources(tx: Transaction, names: Collection[tuple[str, str]]) -> dict[tuple[str, str], Completion]:
    """Return the completions that sources reported under these names (source, source id), if they did."""
    ids: dict[str, list[str]] = {}
    for source, source_id in names:
        ids.setdefault(source, []).append(source_id)
    found: dict[tuple[str, str], Completion] = {}
    for source, source_ids in ids.items():
        for record in read_in(tx, _BY_SOURCE, source_ids, Completion, institution=tx.institution_id, source=source):
            found[record.source, record.source_id] = record
    return found


def get(tx: Transaction, completion_id: UUID) -> Completion | None:
    """Return one completion by its key."""
    return read_one(tx, _ours(tx).where(table.c.id == completion_id), Completion)


def page(tx: Transaction, state: CompletionState | None, limit: int, after: UUID | None) -> tuple[Completion, ...]:
    """Return up to `limit` (at most `MAX_PAGE`) completions in order of arrival, those after the key `after`."""
    statement = _ours(tx).order_by(table.c.id).limit(max(1, min(limit, MAX_PAGE)))
    if state is CompletionState.ISSUED:
        statement = statement.where(table.c.state == state)
    elif state is not None:  # a few among very many: they are found by the index of the open ones
        waiting = select(table.c.id).where(table.c.institution_id == tx.institution_id, table.c.state == state, _OPEN)
        statement = (
            select(table).where(table.c.id.in_(waiting)).order_by(table.c.id).limit(max(1, min(limit, MAX_PAGE)))
        )
    if after is not None:
        statement = statement.where(table.c.id > after)
    return read_all(tx, statement, Completion)


def held_definitions(tx: Transaction) -> tuple[str, ...]:
    """Return the definitions that held completions wait for."""
    statement = select(table.c.definition_id).where(table.c.institution_id == tx.institution_id)
    return tuple(tx.connection.scalars(statement.where(table.c.state == CompletionState.HELD, _OPEN).distinct()))


def held(
    tx: Transaction, definition_id: str, limit: int = MAX_PAGE, after: Completion | None = None
) -> tuple[Completion, ...]:
    """Return up to `limit` held completions of a definition in the order in which they happened, from `after` on."""
    statement = _ours(tx).where(table.c.definition_id == definition_id, table.c.state == CompletionState.HELD, _OPEN)
    if after is not None:
        at, key = after.completed_at, after.id
        statement = statement.where(or_(table.c.completed_at > at, and_(table.c.completed_at == at, table.c.id > key)))
    return read_all(tx, statement.order_by(table.c.completed_at, table.c.id).limit(min(limit, MAX_PAGE)), Completion)


def by_ids(tx: Transaction, completion_ids: Collection[UUID]) -> dict[UUID, Completion]:
    """Return some completions by their keys."""
    return {found.id: found for found in read_in(tx, _ours(tx).where(among(table.c.id)), completion_ids, Completion)}


def of_key(tx: Transaction, key: tuple[str, str, str]) -> tuple[Completion, ...]:
    """Return the completions of a business key (person, definition, occurrence) that still count: the one that its
    credential was issued for, and those that wait."""
    person, definition_id, occurrence = key
    issued = select(credential.c.completion_id).join(award, award.c.credential_id == credential.c.id)
    issued = issued.where(award.c.institution_id == tx.institution_id, award.c.person == person)
    issued = issued.where(award.c.definition_id == definition_id, award.c.occurrence == occurrence)
    waiting = _ours(tx).where(table.c.definition_id == definition_id, table.c.state == CompletionState.HELD, _OPEN)
    waiting = waiting.where(table.c.person == person, table.c.occurrence == occurrence)
    rows = read_all(tx, select(table).where(table.c.id.in_(issued)), Completion)
    return tuple({record.id: record for record in rows + read_all(tx, waiting, Completion)}.values())


def change_many(tx: Transaction, pairs: Sequence[tuple[Completion, Completion]]) -> int:
    """Change completions (before, after) that are still in the state before; return how many were."""
    if not pairs:
        return 0
    values = [{f"new_{name}": getattr(after, name) for name in CHANGING} for _, after in pairs]
    keys = [{"old_id": before.id, "old_state": before.state} for before, _ in pairs]
    return changed(tx, _CHANGE, [value | key for value, key in zip(values, keys, strict=True)])


def note_many(tx: Transaction, steps: Sequence[CompletionStep]) -> None:
    """Write states that completions have reached into their history."""
    insert_many(tx, history, steps, leave_out=("id",))


def noted_among(tx: Transaction, completion_ids: Collection[UUID]) -> set[UUID]:
    """Return the keys of those completions that have a history."""
    statement = select(history.c.completion_id).where(among(history.c.completion_id)).distinct()
    return {key for (key,) in pairs_in(tx, statement, completion_ids)}


def steps(tx: Transaction, completion_id: UUID) -> tuple[CompletionStep, ...]:
    """Return the states of a completion that were noted, the first step first."""
    statement = select(history).where(history.c.completion_id == completion_id).order_by(history.c.id)
    return read_all(tx, statement, CompletionStep)


CHANGING: Final = ("state", "reason_code", "reason", "definition_version_id", "version_rule", "credential_id")
"""The only columns of a completion that ever change; what the source said stays."""
_OPEN: Final = table.c.state != literal(CompletionState.ISSUED, table.c.state.type, literal_execute=True)
"""The condition of the index `ix_completion_open`, word for word: else SQLite would not use it."""
_BY_SOURCE: Final = select(table).where(
    table.c.institution_id == bindparam("institution"), table.c.source == bindparam("source"), among(table.c.source_id)
)
_CHANGE: Final = (
    update(table)
    .where(table.c.id == bindparam("old_id"), table.c.state == bindparam("old_state"))
    .values({name: bindparam(f"new_{name}", type_=table.c[name].type) for name in CHANGING})
)


def _ours(tx: Transaction) -> Select[Any]:
    return select(table).where(table.c.institution_id == tx.institution_id)
