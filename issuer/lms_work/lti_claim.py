"""What a launch leads to: the page on which a learner sees, and gets, the badge of a course.

A learner who is let in is reported to the reception as any other source would report them; so bindings, rules, holds
and the one credential for each completion are the same. Who teaches sees what learners will find. Everybody else sees
that this is no page for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from shlex import quote
from types import MappingProxyType
from typing import Any, Final

from issuer.db import Transaction
from issuer.errors import FieldError
from issuer.group import GroupCommit
from issuer.lms import identity, lti, lti_api, people, rules
from issuer.lms.bindings import Binding, Chosen, Held, choose_version, find_binding
from issuer.lms.errors import SourceError
from issuer.lms.identity import Unmatched
from issuer.lms.lti import Launch
from issuer.lms.model import Course, Kind, Outcome
from issuer.lms.rules import Passed, Rule
from issuer.lms_work.items import Bound
from issuer.lms_work.lti import Arrival, Lti
from issuer.lms_work.reception import Knock, Receipt
from issuer.model.lms import LmsReport, ReportState
from issuer.model.records import IssuedCredential
from issuer.store import bindings as binding_store
from issuer.store import credentials, lms_messages, persons
from issuer.store import definitions as definition_store
from openbadge import strict_json


class Standing(StrEnum):
    """What somebody finds on the page."""

    EARNED = "earned"  # the badge is theirs
    ENDED = "ended"  # it was, and is revoked or suspended
    MISSING = "missing"  # what the badge asks for is not reached
    HELD = "held"  # it is, and people have to do something first
    UNBOUND = "unbound"  # there is no badge in this course
    TEACHER = "teacher"  # they teach the course
    STRANGER = "stranger"  # they are no learner of the course


@dataclass(frozen=True, slots=True)
class Claim:
    """What the page shows: the Achievement (Open Badges 3.0 section B.1.1) if there is one to show, sentences, and the
    public address of the credential."""

    standing: Standing
    achievement: Mapping[str, Any] | None = None
    sentences: tuple[str, ...] = ()
    credential: str | None = None


_MISSING: Final[Mapping[str, str]] = MappingProxyType(
    {
        rules.NOT_COMPLETED: "Your course does not say yet that you have completed it.",
        rules.NOT_PASSED: "Your course does not say yet that you have passed it.",
        rules.NO_GRADE: "There is no grade for you yet.",
        rules.GRADE_TOO_LOW: "Your grade does not reach what the badge asks for yet.",
    }
)
_NOT_YET: Final = "You get the badge as soon as your course says that you have reached what it asks for."
_SILENT: Final = "Your learning platform did not tell your grade just now. Open the link again in a few minutes."
_HELD: Final = "Your institution has to check something first. Nothing is lost. Open this link again in a few hours."
_UNBOUND: Final = "There is no badge in this course at present."
_BIND: Final = (
    "You teach this course. Whoever runs the badges can bind it:",
    "microcred bindings add {} {} DEFINITION",
)
_ENDED: Final = "It does not hold at present. Its page says more."
_STRANGER: Final = "Badges are for learners, and your platform does not say that you are a learner of this course."
_TEACHER: Final = "You teach this course. Learners who open this link get the badge once they have reached: {}."
_NO_COLUMN: Final = "The platform names no grade column for this link. Add the link as a graded activity."
_NO_VERSION: Final = "At present their badges wait for whoever runs the badges. {}"


class Claims:
    """The claim page of one institution, without its looks. Safe to use from several threads."""

    def __init__(self, door: Lti) -> None:
        self._platforms = door.platforms
        self._service = door.platforms.service
        self._working = GroupCommit(self._work)
        door.platforms.at_end.callback(self._working.close)

    def claim(self, arrival: Arrival) -> Claim:
        """Say what somebody who was let in finds; a learner's completion is handed in and worked on before.

        Errors as for `Work.on`, such as `KeyStoreError` when nothing can be signed: then it is done later.
        """
        if arrival.launch.is_teacher:
            return self._for_teacher(arrival)
        if not arrival.launch.is_learner:
            return Claim(Standing.STRANGER, sentences=(_STRANGER,))
        binding = self._binding(arrival)
        return self._earned(arrival, binding) or self._handed_in(arrival, binding)

    def _handed_in(self, arrival: Arrival, binding: Binding | Held) -> Claim:
        """Report a learner, and say what became of it."""
        try:
            outcome, silent = self._outcome(arrival, binding), False
        except (SourceError, FieldError):
            outcome, silent = None, True
        report = self._worked_on(arrival, outcome)
        earned = self._earned(arrival, binding)
        if earned is not None:
            return earned
        if isinstance(binding, Held):
            return Claim(Standing.UNBOUND, sentences=(_UNBOUND,))
        shown = self._achievement(binding, arrival.launch)
        has_something = report.content["kind"] != Kind.IDENTITY
        if has_something and report.state in (ReportState.HELD, ReportState.AWARDED):
            code = f"Reference: {report.reason_code or 'completion-held'}."
            return Claim(Standing.HELD, shown, (_HELD, code))
        why = _SILENT if silent else self._why(arrival, binding.rule, report, has_something)
        return Claim(Standing.MISSING, shown, (why, f"The badge asks for: {asks_for(binding.rule)}."))

    def _why(self, arrival: Arrival, rule: Rule, report: LmsReport, has_something: bool) -> str:
        """Return what is missing; of who was reported without points, the platform has none."""
        if has_something:
            return _MISSING.get(report.reason_code or "", _NOT_YET)
        is_graded = needs_grade(rule) and arrival.launch.line_item is not None
        return _MISSING[rules.NO_GRADE] if is_graded else _NOT_YET

    def _for_teacher(self, arrival: Arrival) -> Claim:
        binding, launch = self._binding(arrival), arrival.launch
        if isinstance(binding, Held):
            told, command = _BIND
            bind = command.format(arrival.opened.record.name, quote(launch.course))
            return Claim(Standing.UNBOUND, sentences=(_UNBOUND, told, bind))
        lines = [_TEACHER.format(asks_for(binding.rule))]
        if needs_grade(binding.rule) and launch.line_item is None:
            lines.append(_NO_COLUMN)
        chosen = self._version(binding, launch)
        if isinstance(chosen, Held):
            lines.append(_NO_VERSION.format(chosen.sentence))
        return Claim(Standing.TEACHER, self._achievement(binding, launch), tuple(lines))

    def _binding(self, arrival: Arrival) -> Binding | Held:
        with self._read() as tx:
            records = binding_store.among(tx, [arrival.opened.record.id])
        bindings = [Bound.of(record).binding for record in records]
        return find_binding(bindings, _course(arrival.launch), self._service.clock())

    def _achievement(self, binding: Binding, launch: Launch) -> Mapping[str, Any] | None:
        """Return what learners of the course can earn now."""
        chosen = self._version(binding, launch)
        return None if isinstance(chosen, Held) else self._service.achievement(binding.definition_id, chosen.version)

    def _version(self, binding: Binding, launch: Launch) -> Chosen | Held:
        with self._read() as tx:
            versions = definition_store.versions_of(tx, [binding.definition_id]).get(binding.definition_id, ())
        return choose_version(binding, versions, _course(launch), None, self._service.clock())

    def _earned(self, arrival: Arrival, binding: Binding | Held) -> Claim | None:
        """Return the badge that a learner has, wherever it was reported."""
        found = None if isinstance(binding, Held) else self._credential(arrival, binding)
        if found is None:
            return None
        shown = strict_json.loads(found.document)["credentialSubject"]["achievement"]
        ended = self._service.decision(found) is not None
        standing, sentences = (Standing.ENDED, (_ENDED,)) if ended else (Standing.EARNED, ())
        return Claim(standing, shown, sentences, self._service.addresses.credential(found.public_id))

    def _credential(self, arrival: Arrival, binding: Binding) -> IssuedCredential | None:
        launch, opened = arrival.launch, arrival.opened
        learner = people.learner(opened.connection, "sub", lti=launch.subject, sis=launch.sis)
        with self._read() as tx:
            known = persons.with_ids(tx, identity.keys(learner))
            found = identity.match(learner, known.values(), opened.rules)
            if isinstance(found, Unmatched):
                return None
            awarded = credentials.awarded_among(tx, binding.definition_id, [found.person.id])
            occurrence = (binding.term or "") if binding.per_term else ""
            key = awarded.get((found.person.id, binding.definition_id, occurrence))
            return None if key is None else credentials.get(tx, key)

    def _outcome(self, arrival: Arrival, binding: Binding | Held) -> Outcome | None:
        """Ask the platform how well a learner did, where that decides. Raises `SourceError` or `FieldError`."""
        launch, item = arrival.launch, arrival.launch.line_item
        if isinstance(binding, Held) or item is None or not needs_grade(binding.rule):
            return None
        answer = self._platforms.tool.ask(
            arrival.opened, lti_api.RESULTS, lambda token: lti_api.results(item, launch.subject, token)
        )
        return lti_api.read_result(answer, launch.subject)

    def _worked_on(self, arrival: Arrival, outcome: Outcome | None) -> LmsReport:
        """Hand a launch in as every source does, and work on it at once: somebody waits for the page."""
        connection = arrival.opened.connection
        incoming = lti.message(arrival.launch, connection, self._service.clock(), outcome)
        answer = self._platforms.reception.queue.submit(Knock(connection.name, incoming)).result()
        if not isinstance(answer, Receipt):
            raise answer
        return self._working.submit((connection.source, answer.events[0])).result()

    def _work(self, names: Sequence[tuple[str, str]]) -> list[LmsReport]:
        """Work on reports, given by source and event, in one transaction; return what became of each, in order."""
        with self._service.database.begin_write(self._service.institution.id) as tx:
            found = lms_messages.by_events(tx, names)
            waiting = [record for record in found.values() if record.state in (ReportState.NEW, ReportState.HELD)]
            done = {item.record.id: item.record for item in self._platforms.work_on(tx, waiting)}
        return [done.get(found[name].id, found[name]) for name in names]

    def _read(self) -> AbstractContextManager[Transaction]:
        return self._service.database.begin_read(self._service.institution.id)


def needs_grade(rule: Rule) -> bool:
    """Whether a rule cannot be met without a grade or a verdict."""
    return any(isinstance(part, Passed) for part in rules.parts_of(rule))


def asks_for(rule: Rule) -> str:
    """Return what a rule asks for, in words."""
    return ", and ".join(_part(part) for part in rules.parts_of(rule))


def _part(part: rules.Completed | Passed) -> str:
    where = "the course" if part.activity is None else f"the activity {part.activity}"
    if not isinstance(part, Passed):
        return f"{where} completed"
    if part.percent is not None:
        return f"{where} with at least {part.percent:f} percent"
    return f"{where} with the grade {' or '.join(part.grades)}" if part.grades else f"{where} passed"


def _course(launch: Launch) -> Course:
    return Course(launch.course, code=launch.code, version=launch.version)
