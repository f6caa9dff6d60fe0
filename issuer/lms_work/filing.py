"""Filing: reports are stored once each, and one that contradicts an earlier one of the same name becomes a case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from issuer import audit
from issuer.db import Transaction
from issuer.lms import identity
from issuer.lms.model import Identifier, IdKind, Reported, SourceLearner
from issuer.lms_work import report_json
from issuer.model.lms import LmsCase, LmsReport, ReportState
from issuer.store import lms_messages as store
from issuer.store import lms_outcomes
from issuer.store.rows import new_ids

CONFLICT: Final = "conflict"
SETBACK: Final = "setback"
"""Kinds of cases."""
_ORDER: Final = (IdKind.LMS, IdKind.SIS, IdKind.LTI, IdKind.USERNAME, IdKind.EMAIL)
_SENTENCE: Final = "The source sent two different reports under one id. Find out which is right; the first one counts."

Clash = tuple[str, str, bytes]
"""A report that contradicts another: source, event id, SHA-256 of what it says."""


@dataclass(frozen=True, slots=True)
class Filed:
    """Reports that came through one connection."""

    connection_id: UUID
    reports: Sequence[Reported]


def file(tx: Transaction, sets: Sequence[Filed], now: datetime) -> frozenset[Clash]:
    """Store the reports that are new, to be looked at, and return those that contradict one that is there."""
    names = [(report.origin.source, report.event_id) for one in sets for report in one.reports]
    known = {name: record.digest for name, record in store.by_events(tx, names).items()}
    keys = iter(new_ids(tx, now, len(names)))
    fresh: list[LmsReport] = []
    clashing: set[Clash] = set()
    for one in sets:
        for report in one.reports:
            name = (report.origin.source, report.event_id)
            if name not in known:
                known[name] = report.digest
                fresh.append(record_of(tx, next(keys), one.connection_id, report, now))
            elif bytes(known[name]) != report.digest:
                clashing.add((*name, report.digest))
                _open_case(tx, one.connection_id, report, now)
    store.add(tx, fresh)
    return frozenset(clashing)


def record_of(tx: Transaction, key: UUID, connection_id: UUID, report: Reported, now: datetime) -> LmsReport:
    """Return a report as it is stored first."""
    return LmsReport(
        id=key,
        institution_id=tx.institution_id,
        connection_id=connection_id,
        source=report.origin.source,
        event_id=report.event_id,
        digest=report.digest,
        content=report_json.write(report),
        state=ReportState.NEW,
        course="" if report.course is None else report.course.id,
        learner="" if report.learner is None else learner_text(report.learner),
        voids=report.voids or "",
        occurred_at=report.occurred_at,
        received_at=now,
    )


def learner_text(learner: SourceLearner) -> str:
    """Return the strongest id of a learner as one text."""
    return id_text(min(identity.keys(learner), key=lambda item: _ORDER.index(item.kind)))


def id_text(identifier: Identifier) -> str:
    """Return an id as one text, the same for every spelling of it that counts as equal."""
    return "\n".join((identifier.kind.value, identifier.namespace, identifier.value))


def _open_case(tx: Transaction, connection_id: UUID, report: Reported, now: datetime) -> None:
    case = LmsCase(
        id=tx.new_id(now),
        institution_id=tx.institution_id,
        connection_id=connection_id,
        kind=CONFLICT,
        source=report.origin.source,
        event_id=report.event_id,
        digest=report.digest,
        content=report_json.write(report),
        sentence=_SENTENCE,
        opened_at=now,
    )
    if lms_outcomes.open_case(tx, case):
        audit.append(tx, now, report.origin.source, "lms.conflict", str(case.id), {})
