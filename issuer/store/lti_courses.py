"""Where LTI platforms serve what belongs to a course, and for which credentials they are told a score."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from uuid import UUID

from sqlalchemy import select, update

from issuer.db import Transaction
from issuer.model.lms import LmsReport, LtiCourse
from issuer.store.rows import changed, insert_new, read_one
from issuer.store.tables import credential
from issuer.store.tables_lms import award, report
from issuer.store.tables_lms import lti_course as table


def remember(tx: Transaction, told: LtiCourse) -> None:
    """Keep what a launch said, if it says something new; what it does not say stays as it is."""
    if not (told.line_items or told.memberships):
        return
    known = get(tx, told.connection_id, told.course)
    if known is None:
        insert_new(tx, table, asdict(told))
        return
    values = {"line_items": told.line_items or known.line_items, "memberships": told.memberships or known.memberships}
    if values != {name: getattr(known, name) for name in values}:
        same = (table.c.connection_id == told.connection_id, table.c.course == told.course)
        changed(tx, update(table).where(*same).values(told_at=told.told_at, **values))


def get(tx: Transaction, connection_id: UUID, course: str) -> LtiCourse | None:
    """Return what is known of a course of a connection."""
    same = (table.c.connection_id == connection_id, table.c.course == course)
    return read_one(tx, select(table).where(table.c.institution_id == tx.institution_id, *same), LtiCourse)


def brought_by(tx: Transaction, connection_ids: Collection[UUID], credential_ids: Collection[UUID]) -> frozenset[UUID]:
    """Return those of some credentials that reports of these connections brought."""
    whole = credential.join(award, award.c.completion_id == credential.c.completion_id)
    whole = whole.join(report, report.c.id == award.c.report_id)
    statement = select(credential.c.id).select_from(whole).where(credential.c.id.in_(tuple(credential_ids)))
    ours = (report.c.institution_id == tx.institution_id, report.c.connection_id.in_(tuple(connection_ids)))
    return frozenset(tx.connection.scalars(statement.where(*ours)))


def report_of(tx: Transaction, completion_id: UUID) -> LmsReport | None:
    """Return the report that brought a completion."""
    whole = report.join(award, award.c.report_id == report.c.id)
    statement = select(report).select_from(whole).where(award.c.completion_id == completion_id)
    return read_one(tx, statement.where(report.c.institution_id == tx.institution_id).limit(1), LmsReport)
