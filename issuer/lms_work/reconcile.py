"""Reconciliation: what the platforms say when they are asked about whole courses, held against what they reported.

Two things are looked for: completions that were never reported (messages get lost, and some platforms send none), and
credentials that the platform does not confirm. Only courses that are bound are asked about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from types import MappingProxyType
from typing import Final

from issuer.errors import IssuerError
from issuer.lms import ask as asked
from issuer.lms import canvas_api, moodle_api, poll, xapi, xapi_api
from issuer.lms.connection import Connection
from issuer.lms.errors import SourceError
from issuer.lms.model import Course, Identifier, IdKind, Kind, Reported, SourceLearner, State
from issuer.lms_work import asking, filing, lti_reconcile, lti_tool
from issuer.lms_work.asking import Ask
from issuer.lms_work.connections import Opened
from issuer.lms_work.paging import Pages
from issuer.lms_work.platforms import Platforms
from issuer.model.lms import LmsReport, ReportState
from issuer.store import connections as connection_store
from issuer.store import lms_messages
from openbadge.errors import OpenBadgeError

_COMPLETING: Final = frozenset({Kind.COMPLETED.value, Kind.PASSED.value})

Answers = Iterator[tuple[SourceLearner, State]]


@dataclass(slots=True)
class Finding:
    """What was found in one course: how many learners were asked about and have completed it, which completions were
    never reported (`missing`), and how many credentials the platform does not confirm. `error` is why it was not."""

    connection: str
    course: str
    learners: int = 0
    completed: int = 0
    missing: list[Reported] = field(default_factory=list, repr=False)
    unconfirmed: int = 0
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Reconciles one institution with its platforms."""

    platforms: Platforms

    def run(self, *, fix: bool) -> list[Finding]:
        """Ask about every bound course of every platform that can be asked. With `fix`, what is missing is taken in."""
        found: list[Finding] = []
        for record in self.platforms.connections.every():
            opened = self.platforms.connections.get(record.name)
            if opened.connection.api_token and record.kind in _COURSES:
                found += [self._course(opened, course) for course in self._bound(opened)]
            elif opened.connection.api_token and record.kind == "xapi":
                found.append(self._store(opened, fix=fix))
            elif record.kind == lti_tool.KIND:
                courses = [one for one in self._bound(opened) if lti_reconcile.can_tell(self.platforms, opened, one)]
                found += [self._lti(opened, course) for course in courses]
        if fix:
            self._take_in(found)
        return found

    def nightly(self, _now: datetime) -> str:
        """Look for differences, and say how many there are."""
        found = self.run(fix=False)
        missing, unconfirmed = sum(len(item.missing) for item in found), sum(item.unconfirmed for item in found)
        failed = sum(item.error is not None for item in found)
        remedy = " `microcred reconcile --fix` takes them in." if missing else ""
        return f"{missing} completions were never reported, {unconfirmed} not confirmed, {failed} not asked.{remedy}"

    def _bound(self, opened: Opened) -> list[str]:
        bound = [item.course for item in self.platforms.bindings.every() if item.connection_id == opened.record.id]
        return list(dict.fromkeys(bound))

    def _course(self, opened: Opened, course: str) -> Finding:
        finding = Finding(opened.record.name, course)
        told = self._told(opened, course)
        now = self.platforms.service.clock()
        try:
            for learner, state in _COURSES[opened.connection.kind](opened.connection, course, self._ask):
                finding.learners += 1
                finding.completed += bool(state.completed)
                _compare(finding, opened.connection, (learner, state), told, now)
        except (IssuerError, OpenBadgeError) as error:
            finding.error = error.detail
        return finding

    def _lti(self, opened: Opened, course: str) -> Finding:
        finding = Finding(opened.record.name, course)
        try:
            for answer in lti_reconcile.answers(self.platforms, opened, course):
                finding.learners += 1
                finding.completed += answer.is_met
                finding.missing += [answer.report] if answer.is_missing else []
                finding.unconfirmed += answer.is_unconfirmed
        except (IssuerError, OpenBadgeError) as error:
            finding.error = error.detail
        return finding

    def _store(self, opened: Opened, *, fix: bool) -> Finding:
        """Read a record store from where it was read last; what was forwarded is known by its id."""
        finding = Finding(opened.record.name, "")
        institution_id = self.platforms.connections.institution_id
        with self.platforms.service.database.begin_read(institution_id) as tx:
            position = connection_store.position(tx, opened.record.id)
        try:
            for page in self._pages(opened.connection, position):
                reports = xapi.ADAPTER.read(page.statements, opened.connection)
                self._add_unknown(finding, reports)
                position = page.stored or position
        except (IssuerError, OpenBadgeError) as error:
            finding.error = error.detail
        if fix and finding.error is None:
            with self.platforms.service.database.begin_write(institution_id) as tx:
                connection_store.move(tx, opened.record.id, position, self.platforms.service.clock())
        return finding

    def _pages(self, connection: Connection, position: str) -> Iterator[xapi_api.Page]:
        request: asked.Request | None = xapi_api.since(connection, position)
        pages = Pages()
        while request is not None:
            pages.add(request.url)
            page = xapi_api.read_page(self._ask(request), connection, self.platforms.service.clock())
            yield page
            request = page.following

    def _add_unknown(self, finding: Finding, reports: tuple[Reported, ...]) -> None:
        names = [(report.origin.source, report.event_id) for report in reports]
        with self.platforms.service.database.begin_read(self.platforms.connections.institution_id) as tx:
            known = lms_messages.by_events(tx, names)
        finding.learners += len(reports)
        finding.missing += [report for report, name in zip(reports, names, strict=True) if name not in known]

    def _take_in(self, found: list[Finding]) -> None:
        now = self.platforms.service.clock()
        ids = {record.name: record.id for record in self.platforms.connections.every()}
        with self.platforms.service.database.begin_write(self.platforms.connections.institution_id) as tx:
            filing.file(tx, [filing.Filed(ids[item.connection], item.missing) for item in found], now)
        self.platforms.drain()

    def _told(self, opened: Opened, course: str) -> dict[str, list[LmsReport]]:
        """Return what was reported about each learner of a course as completed."""
        found: dict[str, list[LmsReport]] = {}
        with self.platforms.service.database.begin_read(self.platforms.connections.institution_id) as tx:
            for report in lms_messages.of_course(tx, opened.record.id, course):
                if report.content["kind"] in _COMPLETING:
                    found.setdefault(report.learner, []).append(report)
        return found

    def _ask(self, request: asked.Request) -> asked.Answer:
        return self.platforms.asking.ask(request)


def _compare(
    finding: Finding,
    connection: Connection,
    answer: tuple[SourceLearner, State],
    told: Mapping[str, list[LmsReport]],
    now: datetime,
) -> None:
    learner, state = answer
    reports = told.get(filing.learner_text(learner), [])
    if state.completed and not reports:
        report = poll.completed(connection, Course(finding.course), learner, state, now)
        finding.missing += [report] if report is not None else []
    if state.completed is False and any(report.state is ReportState.AWARDED for report in reports):
        finding.unconfirmed += 1


def _moodle(connection: Connection, course: str, ask: Ask) -> Answers:
    pages = Pages()
    for page in count():
        pages.add(str(page))
        answer = ask(moodle_api.members(connection, course, page * moodle_api.PAGE))
        members = moodle_api.read_members(answer, connection)
        for member in members:
            yield member.learner, asking.moodle(connection, course, _lms_id(member.learner), ask)
        if len(members) < moodle_api.PAGE:
            return


def _canvas(connection: Connection, course: str, ask: Ask) -> Answers:
    learners = {_lms_id(one): one for one in _canvas_members(connection, course, ask)}
    request: asked.Request | None = canvas_api.all_progress(connection, course)
    pages = Pages()
    while request is not None:
        pages.add(request.url)
        answer = ask(request)
        for user, state in canvas_api.read_all_progress(answer).items():
            yield learners.get(user, _bare(connection, user)), state
        request = asked.next_page(answer, connection)


def _canvas_members(connection: Connection, course: str, ask: Ask) -> Iterator[SourceLearner]:
    request: asked.Request | None = canvas_api.members(connection, course)
    pages = Pages()
    while request is not None:
        pages.add(request.url)
        answer = ask(request)
        yield from (member.learner for member in canvas_api.read_members(answer, connection))
        request = asked.next_page(answer, connection)


def _bare(connection: Connection, user: str) -> SourceLearner:
    return SourceLearner((Identifier(IdKind.LMS, connection.namespace, user),))


def _lms_id(learner: SourceLearner) -> str:
    found = learner.id_of(IdKind.LMS)
    if found is None:
        raise SourceError("The platform names a learner without an id.")
    return found


_COURSES: Final[Mapping[str, Callable[[Connection, str, Ask], Answers]]] = MappingProxyType(
    {"moodle": _moodle, "canvas": _canvas}
)
"""Platforms that can be asked about whole courses."""
