"""Messages of learning platforms as they came, and the reports that they hold."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, bindparam, delete, literal, select, text, update

from issuer.db import Transaction
from issuer.model.lms import LmsMessage, LmsReport, MessageState, ReportState
from issuer.store.rows import among, changed, insert_many, pairs_in, read_all, read_in, read_one
from issuer.store.tables_lms import message as messages
from issuer.store.tables_lms import report as table


def add_messages(tx: Transaction, records: Sequence[LmsMessage]) -> None:
    """Store new messages."""
    insert_many(tx, messages, records)


def known_messages(tx: Transaction, names: Collection[tuple[UUID, bytes]]) -> dict[tuple[UUID, bytes], UUID]:
    """Return the keys of messages that are here, by connection and SHA-256."""
    digests: dict[UUID, list[bytes]] = {}
    for connection_id, digest in names:
        digests.setdefault(connection_id, []).append(digest)
    found: dict[tuple[UUID, bytes], UUID] = {}
    for connection_id, some in digests.items():
        for digest, key in pairs_in(tx, _KNOWN, some, connection=connection_id):
            found[connection_id, bytes(digest)] = key
    return found


def unread(tx: Transaction, limit: int) -> tuple[LmsMessage, ...]:
    """Return messages that nobody has read yet, in order of arrival."""
    statement = select(messages).where(messages.c.institution_id == tx.institution_id, _UNREAD)
    statement = statement.where(messages.c.state == MessageState.NEW).order_by(messages.c.id).limit(limit)
    return read_all(tx, statement, LmsMessage)


def refused(tx: Transaction, limit: int) -> tuple[LmsMessage, ...]:
    """Return messages that were proved and could not be read, the newest first."""
    statement = select(messages).where(messages.c.institution_id == tx.institution_id, _UNREAD)
    statement = statement.where(messages.c.state == MessageState.REFUSED).order_by(messages.c.id.desc()).limit(limit)
    return read_all(tx, statement, LmsMessage)


def mark(tx: Transaction, message_id: UUID, state: MessageState, reason: str | None = None) -> None:
    """Record that a message was read, or why it cannot be."""
    statement = update(messages).where(messages.c.id == message_id)
    tx.connection.execute(statement.values(state=state, reason=reason))


def drop_messages(tx: Transaction, before: datetime) -> int:
    """Remove messages that were read and came before then; their reports stay. Return how many."""
    statement = delete(messages).where(messages.c.institution_id == tx.institution_id, messages.c.received_at < before)
    return changed(tx, statement.where(messages.c.state == MessageState.READ))


def add(tx: Transaction, records: Sequence[LmsReport]) -> None:
    """Store new reports."""
    insert_many(tx, table, records)


def by_events(tx: Transaction, names: Collection[tuple[str, str]]) -> dict[tuple[str, str], LmsReport]:
    """Return the reports with these names (source, event id) that are here."""
    events: dict[str, list[str]] = {}
    for source, event_id in names:
        events.setdefault(source, []).append(event_id)
    found: dict[tuple[str, str], LmsReport] = {}
    for source, ids in events.items():
        for record in read_in(tx, _BY_EVENT, ids, LmsReport, institution=tx.institution_id, source=source):
            found[record.source, record.event_id] = record
    return found


def fresh(tx: Transaction, limit: int) -> tuple[LmsReport, ...]:
    """Return reports that nobody has looked at yet, in order of arrival."""
    statement = _ours(tx).where(table.c.state == ReportState.NEW, _OPEN)
    return read_all(tx, statement.order_by(table.c.id).limit(limit), LmsReport)


def held(tx: Transaction, limit: int, after: UUID | None = None) -> tuple[LmsReport, ...]:
    """Return held reports in order of arrival, those after the key `after`."""
    statement = _ours(tx).where(table.c.state == ReportState.HELD, _OPEN)
    statement = statement if after is None else statement.where(table.c.id > after)
    return read_all(tx, statement.order_by(table.c.id).limit(limit), LmsReport)


def held_of_learners(tx: Transaction, learners: Collection[str]) -> tuple[LmsReport, ...]:
    """Return held reports about people who were known by these ids only."""
    statement = _ours(tx).where(table.c.state == ReportState.HELD, _OPEN, among(table.c.learner))
    return tuple(read_in(tx, statement, learners, LmsReport))


def about(tx: Transaction, connection_id: UUID, people: Collection[UUID], courses: Collection[str]) -> list[LmsReport]:
    """Return all reports of a connection about these people in these courses."""
    wanted = {"connection": connection_id, "courses": list(courses), "institution": tx.institution_id}
    return list(read_in(tx, _ABOUT, people, LmsReport, **wanted))


def of_course(tx: Transaction, connection_id: UUID, course: str) -> tuple[LmsReport, ...]:
    """Return all reports of a connection about a course."""
    statement = _ours(tx).where(table.c.connection_id == connection_id, table.c.course == course)
    return read_all(tx, statement, LmsReport)


def voiding(tx: Transaction, event_ids: Collection[str]) -> list[LmsReport]:
    """Return the reports that take back reports with these ids."""
    return list(read_in(tx, _VOIDING, event_ids, LmsReport, institution=tx.institution_id))


def get(tx: Transaction, report_id: UUID) -> LmsReport | None:
    """Return one report."""
    return read_one(tx, _ours(tx).where(table.c.id == report_id), LmsReport)


def settle(tx: Transaction, records: Sequence[LmsReport]) -> None:
    """Store state, reason and person of reports as they are in `records`."""
    values = [
        {
            "row_id": record.id,
            "new_state": record.state,
            "new_code": record.reason_code,
            "new_reason": record.reason,
            "new_person": record.person_id,
            "new_course": record.course,
        }
        for record in records
    ]
    if values:
        changed(tx, _SETTLE, values)


_UNREAD: Final = messages.c.state != literal(MessageState.READ, messages.c.state.type, literal_execute=True)
_OPEN: Final = text("lms_report.state IN ('new', 'held')")
"""The condition of the index `ix_lms_report_open`, word for word: else SQLite would not use it."""
_KNOWN: Final = select(messages.c.sha256, messages.c.id).where(
    messages.c.connection_id == bindparam("connection"), among(messages.c.sha256)
)
_OURS: Final = select(table).where(table.c.institution_id == bindparam("institution"))
_BY_EVENT: Final = _OURS.where(table.c.source == bindparam("source"), among(table.c.event_id))
_VOIDING: Final = _OURS.where(table.c.voids != literal("", literal_execute=True), among(table.c.voids))
_ABOUT: Final = _OURS.where(
    table.c.connection_id == bindparam("connection"),
    table.c.course.in_(bindparam("courses", expanding=True)),
    among(table.c.person_id),
)
_SETTLE: Final = (
    update(table)
    .where(table.c.id == bindparam("row_id"))
    .values(
        state=bindparam("new_state", type_=table.c.state.type),
        reason_code=bindparam("new_code", type_=table.c.reason_code.type),
        reason=bindparam("new_reason", type_=table.c.reason.type),
        person_id=bindparam("new_person", type_=table.c.person_id.type),
        course=bindparam("new_course", type_=table.c.course.type),
    )
)


def _ours(tx: Transaction) -> Select[Any]:
    return select(table).where(table.c.institution_id == tx.institution_id)
