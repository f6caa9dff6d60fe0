"""What came of reports: awards, questions to the sources, and cases for people."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, and_, bindparam, func, select, update

from issuer.db import Transaction
from issuer.model.lms import LmsAward, LmsCase, LmsQuestion
from issuer.store.rows import among, changed, insert, insert_many, insert_new, pairs_in, read_all, read_in, read_one
from issuer.store.tables import completion, credential
from issuer.store.tables_lms import award as awards
from issuer.store.tables_lms import case as cases
from issuer.store.tables_lms import question as questions

_AWARDS: Final = select(awards).where(awards.c.institution_id == bindparam("institution"), among(awards.c.person_id))
_CREDENTIALS: Final = (
    select(completion.c.person, func.count(credential.c.id))
    .join(credential, credential.c.completion_id == completion.c.id)
    .where(completion.c.institution_id == bindparam("institution"))
    .where(completion.c.definition_id == bindparam("definition"), among(completion.c.person))
    .group_by(completion.c.person)
)
_QUESTIONS: Final = select(questions).where(
    questions.c.institution_id == bindparam("institution"), among(questions.c.person_id)
)


def add_awards(tx: Transaction, records: Sequence[LmsAward]) -> None:
    """Store new awards; one that is there raises `sqlalchemy.exc.IntegrityError`."""
    insert_many(tx, awards, records)


def awards_of(tx: Transaction, people: Collection[UUID]) -> dict[tuple[UUID, UUID, str], LmsAward]:
    """Return the awards of some people by person, binding and occurrence."""
    found = read_in(tx, _AWARDS, people, LmsAward, institution=tx.institution_id)
    return {(item.person_id, item.binding_id, item.occurrence): item for item in found}


def count_awards(tx: Transaction, binding_ids: Collection[UUID]) -> int:
    """Count the awards of some bindings."""
    statement = select(func.count()).select_from(awards).where(awards.c.binding_id.in_(list(binding_ids)))
    return int(tx.connection.scalar(statement) or 0)


def credentials_of(tx: Transaction, definition_id: str, numbers: Collection[str]) -> dict[str, int]:
    """Count the credentials that people have of a definition, by the institution's number; who has none is left out."""
    wanted = {"institution": tx.institution_id, "definition": definition_id}
    return {number: int(count) for number, count in pairs_in(tx, _CREDENTIALS, numbers, **wanted)}


def questions_of(tx: Transaction, people: Collection[UUID]) -> dict[tuple[UUID, UUID, str], LmsQuestion]:
    """Return the questions about some people by connection, person and course."""
    found = read_in(tx, _QUESTIONS, people, LmsQuestion, institution=tx.institution_id)
    return {(item.connection_id, item.person_id, item.course): item for item in found}


def ask(tx: Transaction, record: LmsQuestion) -> None:
    """Store a question, or let one that is there be asked again when `record` says."""
    values = {"due_at": record.due_at, "tries": 0, "error": None, "statement": record.statement}
    if not changed(tx, update(questions).where(_same(record)).values(**values)):
        insert(tx, questions, record)


def answer(tx: Transaction, record: LmsQuestion) -> None:
    """Store what asking has brought."""
    names = ("due_at", "tries", "asked_at", "answer", "error")
    values = {name: getattr(record, name) for name in names}
    tx.connection.execute(update(questions).where(_same(record)).values(**values))


def due_questions(tx: Transaction, now: datetime, limit: int) -> tuple[LmsQuestion, ...]:
    """Return questions that are to be asked now, the oldest first."""
    statement = select(questions).where(questions.c.institution_id == tx.institution_id, questions.c.due_at <= now)
    return read_all(tx, statement.order_by(questions.c.due_at).limit(limit), LmsQuestion)


def open_case(tx: Transaction, record: LmsCase) -> bool:
    """Store a case unless it is there; True if it was stored."""
    return insert_new(tx, cases, {column.name: getattr(record, column.name) for column in cases.c})


def open_cases(tx: Transaction, limit: int) -> tuple[LmsCase, ...]:
    """Return cases that wait for a person, the oldest first."""
    return read_all(tx, _cases(tx).where(cases.c.settled_at.is_(None)).order_by(cases.c.id).limit(limit), LmsCase)


def case_of(tx: Transaction, case_id: UUID) -> LmsCase | None:
    """Return one case."""
    return read_one(tx, _cases(tx).where(cases.c.id == case_id), LmsCase)


def settle_case(tx: Transaction, case_id: UUID, note: str, actor: str, now: datetime) -> bool:
    """Close a case; False if it is closed already."""
    statement = update(cases).where(cases.c.id == case_id, cases.c.settled_at.is_(None))
    return changed(tx, statement.values(settled_at=now, settled_by=actor, note=note)) == 1


def _cases(tx: Transaction) -> Select[Any]:
    return select(cases).where(cases.c.institution_id == tx.institution_id)


def _same(record: LmsQuestion) -> Any:
    return and_(
        questions.c.connection_id == record.connection_id,
        questions.c.person_id == record.person_id,
        questions.c.course == record.course,
    )
