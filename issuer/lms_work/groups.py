"""Ruling: is what was reported about one person in one course a completion, of which version, and what follows?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from issuer.errors import FieldError
from issuer.lms import bindings, rules
from issuer.lms.award import completion_report
from issuer.lms.bindings import Held
from issuer.lms.rules import Progress
from issuer.lms_work.confirm import confirmed
from issuer.lms_work.items import Bound, Group, Item
from issuer.lms_work.ledger import Ledger, Place, Ready
from issuer.lms_work.people import People
from issuer.model.lms import ReportState
from openbadge import strict_json

_MISSING: Final[Mapping[str, str]] = MappingProxyType(
    {
        rules.NOT_COMPLETED: "The course is not completed yet.",
        rules.NOT_PASSED: "The course is not passed.",
        rules.NO_GRADE: "There is no grade yet.",
        rules.GRADE_TOO_LOW: "The grade does not reach what the binding asks for.",
    }
)
_NO_TERM: Final = Held("term-missing", "The binding awards once a term, but the report names none.")


@dataclass(frozen=True, slots=True)
class Ruled:
    """What was decided about some reports."""

    items: Sequence[Item]
    state: ReportState
    why: Held | None = None

    def end(self) -> None:
        """Bring the reports into that state."""
        for item in self.items:
            item.end(self.state, self.why)


def rule_on(group: Group, ledger: Ledger, people: People) -> None:
    """Decide about a group. What is ready to be issued is handed to the ledger, all else gets its state here."""
    voids = [item for item in group.items if item.reported.voids is not None]
    for place, items in _placed(group):
        events = {item.record.event_id for item in items}
        both = [*items, *(item for item in voids if item.record.voids in events)]
        ruled = _ruled(place, both, ledger, people)
        if ruled is not None:
            ruled.end()


def _placed(group: Group) -> Iterator[tuple[Place, list[Item]]]:
    """Put reports where they count: for a binding, and a term if that awards once in each. Holds the others."""
    found: dict[tuple[object, str], tuple[Bound, list[Item]]] = {}
    for item in group.items:
        course = item.reported.course
        if course is None or item.reported.hold:
            continue
        bound = group.binding_of(item, course)
        if isinstance(bound, Held):
            item.hold(bound)
            continue
        term = (bound.binding.term or course.term) if bound.binding.per_term else ""
        if term is None:
            item.hold(_NO_TERM)
            continue
        found.setdefault((bound.record.id, term), (bound, []))[1].append(item)
    for (_, term), (bound, items) in found.items():
        yield Place(group, bound, term), items


def _ruled(place: Place, items: Sequence[Item], ledger: Ledger, people: People) -> Ruled | None:
    progress = rules.evaluate(place.bound.binding.rule, [item.reported for item in items])
    if ledger.has(place):
        ledger.set_back(place, items, progress.setbacks)
        return Ruled(items, ReportState.AWARDED)
    if not progress.met:
        code = progress.missing[0]
        return Ruled(items, ReportState.WAITING, Held(code, _MISSING[code.partition(":")[0]]))
    evidence = confirmed(place, items, ledger)
    if isinstance(evidence, Held):
        return Ruled(items, ReportState.HELD, evidence)
    return _made_ready(Ready(place, items, _because(items, progress), evidence), progress, ledger, people)


def _made_ready(ready: Ready, progress: Progress, ledger: Ledger, people: People) -> Ruled | None:
    because, binding = ready.because.reported, ready.place.bound.binding
    if because.course is None or progress.at is None:
        raise RuntimeError("a report that meets a rule is about a course, at a moment")
    versions = ledger.versions(binding.definition_id)
    chosen = bindings.choose_version(binding, versions, because.course, None, progress.at)
    if isinstance(chosen, Held):
        return Ruled(ready.items, ReportState.HELD, chosen)
    try:
        ready.report = completion_report(binding, chosen, people[ready.place.group.person_id], progress)
    except FieldError as error:
        return Ruled(ready.items, ReportState.HELD, Held("report-does-not-fit", f"The report does not fit: {error}."))
    ready.raw = strict_json.dumps(ready.report.to_json())
    ledger.ready.append(ready)
    return None


def _because(items: Sequence[Item], progress: Progress) -> Item:
    return next(item for item in items if item.reported is progress.because)
