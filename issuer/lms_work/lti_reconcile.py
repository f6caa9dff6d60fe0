"""Asking an LTI platform about a whole course: who is in it (NRPS), and which results they have (AGS).

Only grades can be asked for: nobody is reported as having been let in who was not, so a course whose rule asks for that
is left out. Who is a learner is known from the platform's list of members alone: a teacher may have results, too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Final

from issuer.lms import lti, rules
from issuer.lms import lti_services as services
from issuer.lms.ask import Answer, Request
from issuer.lms.bindings import Binding, Held, find_binding
from issuer.lms.errors import SourceError
from issuer.lms.lti import Launch
from issuer.lms.lti_services import Member
from issuer.lms.model import Course, IdKind, Kind, Outcome, Reported
from issuer.lms_work import report_json
from issuer.lms_work.connections import Opened
from issuer.lms_work.items import Bound
from issuer.lms_work.paging import Pages
from issuer.lms_work.platforms import Platforms
from issuer.model.lms import LtiCourse, ReportState
from issuer.store import bindings as binding_store
from issuer.store import lms_messages, lti_courses

MAX_COLUMNS: Final = 200
"""Columns of this tool in one course, each of which is asked for all its results; a course has one or two."""
_PENDING: Final = (ReportState.NEW, ReportState.HELD)
_UNTOLD: Final = "No launch of this course has told yet where its columns are. Open the link in the course once."
_NAMELESS: Final = (
    "The platform does not say who is a learner, so nobody who never opened the link can be found. "
    "Let the tool read the members of the course (NRPS), and open the link once more."
)


@dataclass(frozen=True, slots=True)
class Answered:
    """What a platform says of one person: whether the rule of the course is met, and what it would have reported;
    `states` are the states of what it did report. `is_learner`: the platform says now that they are a learner."""

    is_learner: bool
    is_met: bool
    report: Reported = field(repr=False)
    states: frozenset[ReportState]

    @property
    def is_missing(self) -> bool:
        """Whether a learner meets the rule, and nothing that was reported shows it."""
        return (
            self.is_learner
            and self.is_met
            and ReportState.AWARDED not in self.states
            and self.states.isdisjoint(_PENDING)
        )

    @property
    def is_unconfirmed(self) -> bool:
        """Whether there is a credential, and the platform says now what would not bring one."""
        return not self.is_met and ReportState.AWARDED in self.states


def can_tell(platforms: Platforms, opened: Opened, course: str) -> bool:
    """Whether the platform can tell who meets the rule of a course: only if grades of the course alone decide."""
    binding = _binding(platforms, opened, course)
    return not isinstance(binding, Held) and all(map(_is_grade, rules.parts_of(binding.rule)))


def answers(platforms: Platforms, opened: Opened, course: str) -> Iterator[Answered]:
    """Ask about every learner of a course that is bound.

    Raises `SourceError` or `FieldError` for what the platform does not answer; without a list of members at the end,
    after all who opened the link before.
    """
    binding = _binding(platforms, opened, course)
    if isinstance(binding, Held):
        return
    place = _place(platforms, opened, course)
    asking = _Asking(platforms, opened)
    told = _told(platforms, opened, course)
    outcomes = asking.outcomes(place)
    for member in asking.learners(place.memberships) if place.memberships else _known(outcomes.keys() & told.keys()):
        outcome = outcomes.get(member.subject)
        report = _report(platforms, opened, course, member, outcome)
        met = outcome is not None and rules.evaluate(binding.rule, [report]).met
        yield Answered(member.is_learner, met, report, told.get(member.subject, frozenset()))


@dataclass(frozen=True, slots=True)
class _Asking:
    platforms: Platforms
    opened: Opened

    def learners(self, memberships: str) -> Iterator[Member]:
        """The learners of a course."""
        for page in self._pages(services.MEMBERS, partial(services.members, memberships)):
            yield from (member for member in services.read_members(page) if member.is_learner)

    def outcomes(self, place: LtiCourse) -> dict[str, Outcome]:
        """The best that each person has in any column of this tool, but for those of badges."""
        found: dict[str, Outcome] = {}
        for column in self._columns(place.line_items):
            for page in self._pages(services.RESULTS, partial(services.results, column)):
                for subject, outcome in services.read_results(page).items():
                    found[subject] = max(found.get(subject, outcome), outcome, key=_share)
        return found

    def _columns(self, line_items: str) -> list[str]:
        pages = self._pages(services.COLUMNS, partial(services.graded_columns, line_items))
        found = [column for page in pages for column in services.read_graded_columns(page)]
        if len(found) > MAX_COLUMNS:
            raise SourceError(f"The course has more than {MAX_COLUMNS} columns of this tool.", "columns")
        return found

    def _pages(self, scope: str, make: Callable[[str], Request]) -> Iterator[Answer]:
        """All pages of a list."""
        pages = Pages()
        url: str | None = ""
        while url is not None:
            pages.add(url)
            answer = self.platforms.tool.ask(self.opened, scope, make)
            yield answer
            url = services.next_page(answer)
            make = partial(services.page, url or "")


def _known(subjects: Collection[str]) -> Iterator[Member]:
    """People of a course with no list of members: they were learners once, which nobody says of them now."""
    yield from (Member(subject, is_learner=False) for subject in sorted(subjects))
    raise SourceError(_NAMELESS, "members")


def _binding(platforms: Platforms, opened: Opened, course: str) -> Binding | Held:
    service = platforms.service
    with service.database.begin_read(service.institution.id) as tx:
        records = binding_store.among(tx, [opened.record.id])
    return find_binding([Bound.of(record).binding for record in records], Course(course), service.clock())


def _place(platforms: Platforms, opened: Opened, course: str) -> LtiCourse:
    service = platforms.service
    with service.database.begin_read(service.institution.id) as tx:
        place = lti_courses.get(tx, opened.record.id, course)
    if place is None or not place.line_items:
        raise SourceError(_UNTOLD, "untold")
    return place


def _told(platforms: Platforms, opened: Opened, course: str) -> dict[str, frozenset[ReportState]]:
    """Return the states of what was reported of each person, by the platform's ids."""
    found: dict[str, frozenset[ReportState]] = {}
    service = platforms.service
    with service.database.begin_read(service.institution.id) as tx:
        for record in lms_messages.of_course(tx, opened.record.id, course):
            learner = report_json.read(record.content).learner
            subject = learner.id_of(IdKind.LTI) if learner else None
            if subject is not None:
                found[subject] = found.get(subject, frozenset()) | {record.state}
    return found


def _report(platforms: Platforms, opened: Opened, course: str, member: Member, outcome: Outcome | None) -> Reported:
    """Return what our launch page would have reported of the points of this person, whom it did not let in."""
    now = platforms.service.clock()
    launch = Launch(member.subject, "", (), course, "", sis=member.sis, name=member.name, email=member.email)
    kind = Kind.IDENTITY if outcome is None else Kind.GRADED
    incoming = lti.message(launch, opened.connection, now, outcome, kind)
    (report,) = lti.read_message(lti.verify(incoming, opened.connection, now), opened.connection)
    return report


def _is_grade(part: rules.Completed | rules.Passed) -> bool:
    return isinstance(part, rules.Passed) and part.grade_alone and part.activity is None


def _share(outcome: Outcome) -> Decimal:
    """How well that is, for comparison: points without a scale count least."""
    percent = None if outcome.score is None else outcome.score.percent
    return Decimal(-1) if percent is None else percent
