"""A report on its way, and what is known of the group that it belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from uuid import UUID

from issuer.inbox import Answer
from issuer.lms import bindings, rule_json
from issuer.lms.bindings import Binding, Held
from issuer.lms.model import Course, Reported
from issuer.lms_work import report_json
from issuer.lms_work.connections import Opened
from issuer.model.lms import LmsBinding, LmsReport, ReportState

OPEN = (ReportState.NEW, ReportState.HELD, ReportState.WAITING)
"""States in which the last word about a report is not spoken."""


@dataclass(slots=True)
class Item:
    """A report: as it is stored, and what it says. `answer` is what it led to, if it did in this set."""

    record: LmsReport
    reported: Reported
    answer: Answer | None = None

    @classmethod
    def of(cls, record: LmsReport) -> Item:
        """Return the item of a stored report."""
        return cls(record, report_json.read(record.content))

    def end(self, state: ReportState, why: Held | None = None) -> None:
        """Bring it into a state, with the reason if there is one; nothing happens to one that is at its end."""
        if self.record.state in OPEN:
            code, sentence = (None, None) if why is None else (why.code, why.sentence)
            self.record = replace(self.record, state=state, reason_code=code, reason=sentence)

    def hold(self, why: Held) -> None:
        """Hold it for a reason."""
        self.end(ReportState.HELD, why)

    def belongs(self, person_id: UUID, course: str) -> None:
        """Note whose it is, and of which course."""
        self.record = replace(self.record, person_id=person_id, course=course)


@dataclass(frozen=True, slots=True)
class Bound:
    """A stored binding, and what it says."""

    record: LmsBinding
    binding: Binding

    @classmethod
    def of(cls, record: LmsBinding) -> Bound:
        """Return what a stored binding says."""
        binding = Binding(
            course=record.course,
            definition_id=record.definition_id,
            rule=rule_json.read_rule(record.rule),
            section=record.section,
            term=record.term,
            version=record.version,
            valid_from=record.valid_from,
            valid_until=record.valid_until,
            per_term=record.per_term,
            results=record.results,
        )
        return cls(record, binding)


@dataclass(frozen=True)
class Group:
    """All that was reported about one person in one course of a source, and the bindings of that source."""

    opened: Opened
    person_id: UUID
    course: str
    bound: Sequence[Bound]
    items: Sequence[Item]

    @cached_property
    def key(self) -> tuple[UUID, UUID, str]:
        """Connection, person, course."""
        return self.opened.record.id, self.person_id, self.course

    def binding_of(self, item: Item, course: Course) -> Bound | Held:
        """Return the binding that a report counts for, or why there is none."""
        found = bindings.find_binding([one.binding for one in self.bound], course, item.reported.occurred_at)
        return found if isinstance(found, Held) else next(one for one in self.bound if one.binding is found)
