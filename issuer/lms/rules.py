"""When a course counts as completed: the rule of a binding, worked out over all that was reported about one learner.

Reports are put in the order in which things happened, never in that of arrival; repetitions and withdrawn statements
drop out; so the outcome is the same whatever was late, doubled or disordered. A setback after the rule was met (a lower
grade, a failure, a withdrawal) revokes nothing and is never lost: it is returned for a person to look at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from issuer.errors import FieldError
from issuer.lms.model import Kind, Outcome, Reported, State

NOT_COMPLETED: Final = "not-completed"
NOT_PASSED: Final = "not-passed"
NO_GRADE: Final = "no-grade"
GRADE_TOO_LOW: Final = "grade-too-low"
"""Why a rule is not met; with `:` and the activity, if it is about one."""
_COUNTING: Final = (Kind.COMPLETED, Kind.PASSED, Kind.FAILED, Kind.GRADED, Kind.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Completed:
    """The course, or one `activity` of it, is completed; no grade is asked for, but a failure is no completion."""

    activity: str | None = None


@dataclass(frozen=True, slots=True)
class Passed:
    """The course, or one `activity` of it, is completed and passed.

    With `percent` (0 to 100) the points must reach it; with `grades` the grade must be one of them; with neither the
    source itself must say "passed". `grade_alone` is for sources that know no completion: their grade is enough.
    """

    activity: str | None = None
    percent: Decimal | None = None
    grades: tuple[str, ...] = ()
    grade_alone: bool = False


@dataclass(frozen=True, slots=True)
class AllOf:
    """All of several conditions are met, at the moment of the last."""

    rules: tuple[Completed | Passed, ...]

    def __post_init__(self) -> None:
        if not self.rules:
            raise FieldError("rule", "must hold one condition or more")


Rule = Completed | Passed | AllOf


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rule is met.

    `at` is when it was met for the last time, `because` the report that brought it; `missing` says what is not met;
    `setbacks` are the reports by which a part that had been met was so no more.
    """

    at: datetime | None = None
    because: Reported | None = None
    outcome: Outcome | None = None
    missing: tuple[str, ...] = ()
    setbacks: tuple[Reported, ...] = ()

    @property
    def met(self) -> bool:
        """Whether the rule is met now."""
        return self.because is not None and not self.missing


class Agreement(StrEnum):
    """Whether the source, asked again, says what it had reported."""

    AGREES = "agrees"
    DISAGREES = "disagrees"
    UNKNOWN = "unknown"  # it was not asked for what the rule needs, or does not know it


def evaluate(rule: Rule, reports: Iterable[Reported]) -> Progress:
    """Work a rule out over the reports about one learner in one course, in any order."""
    history = in_order(reports)
    parts = [_part(one, history) for one in parts_of(rule)]
    missing = tuple(reason for part in parts for reason in part.missing)
    setbacks = tuple(sorted({id(one): one for part in parts for one in part.setbacks}.values(), key=_moment))
    if missing:
        return Progress(missing=missing, setbacks=setbacks)
    last = max(parts, key=lambda part: [_moment(one) for one in (part.because,) if one])
    return replace(last, outcome=_of_course(rule, parts), setbacks=setbacks)


def confirm(rule: Rule, state: State) -> Agreement:
    """Compare a rule with what the source says now about the course as a whole.

    Conditions on single activities cannot be seen in it and stay unknown; an unknown one never counts as confirmed.
    """
    answers = [_agreement(one, state) for one in parts_of(rule)]
    if Agreement.DISAGREES in answers:
        return Agreement.DISAGREES
    return Agreement.UNKNOWN if Agreement.UNKNOWN in answers else Agreement.AGREES


def in_order(reports: Iterable[Reported]) -> list[Reported]:
    """Return reports that count, as things happened: each once, without those that a later one takes back."""
    found = {(one.origin.source, one.event_id): one for one in reports}
    voided = {(one.origin.source, one.voids) for one in found.values() if one.voids is not None}
    return sorted((one for key, one in found.items() if key not in voided and one.kind in _COUNTING), key=_moment)


def parts_of(rule: Rule) -> tuple[Completed | Passed, ...]:
    """Return the single conditions of a rule."""
    return rule.rules if isinstance(rule, AllOf) else (rule,)


@dataclass(slots=True)
class _Standing:
    """Where one learner stands with a course or an activity, report by report."""

    done: bool = False
    outcome: Outcome = field(default_factory=Outcome)

    def take(self, report: Reported) -> None:
        said = report.outcome or Outcome()
        if report.kind is Kind.WITHDRAWN:
            self.done, self.outcome = False, Outcome()
            return
        verdict = {Kind.PASSED: True, Kind.FAILED: False}.get(report.kind, said.passed)
        self.outcome = Outcome(
            passed=self.outcome.passed if verdict is None else verdict,
            score=said.score or self.outcome.score,
            grade=said.grade or self.outcome.grade,
            credits=said.credits if said.credits is not None else self.outcome.credits,
        )
        self.done = report.kind is not Kind.FAILED and (self.done or report.kind in (Kind.COMPLETED, Kind.PASSED))


def _part(rule: Completed | Passed, history: Sequence[Reported]) -> Progress:
    standing, because, setbacks = _Standing(), None, []
    missing = _missing(rule, standing)
    for report in history:
        if report.activity != rule.activity:
            continue
        standing.take(report)
        missing = _missing(rule, standing)
        if missing and because is not None:
            setbacks.append(report)
        because = None if missing else because or report
    if because is None:
        where = f":{rule.activity}" if rule.activity else ""
        return Progress(missing=(f"{missing}{where}",), setbacks=tuple(setbacks))
    return Progress(because.occurred_at, because, standing.outcome, (), tuple(setbacks))


def _missing(rule: Completed | Passed, standing: _Standing) -> str:
    """Return why a standing does not meet a condition, or ""."""
    if isinstance(rule, Completed):
        return "" if standing.done else NOT_COMPLETED
    if standing.outcome.passed is False:
        return NOT_PASSED
    if not standing.done and not rule.grade_alone:
        return NOT_COMPLETED
    if rule.percent is None and not rule.grades:
        return "" if standing.outcome.passed else NOT_PASSED
    return _grade_missing(rule, standing.outcome)


def _grade_missing(rule: Passed, outcome: Outcome) -> str:
    percent = outcome.score.percent if outcome.score is not None else None
    if (rule.percent is not None and percent is None) or (rule.grades and outcome.grade is None):
        return NO_GRADE
    high_enough = rule.percent is None or (percent is not None and percent >= rule.percent)
    return "" if high_enough and (not rule.grades or outcome.grade in rule.grades) else GRADE_TOO_LOW


def _agreement(rule: Completed | Passed, state: State) -> Agreement:
    if rule.activity is not None or (state.completed is None and not _only_grade(rule)):
        return Agreement.UNKNOWN
    missing = _missing(rule, _Standing(bool(state.completed), state.outcome or Outcome()))
    if not missing:
        return Agreement.AGREES
    passed = state.outcome.passed if state.outcome else None
    silent = missing == NO_GRADE or (missing == NOT_PASSED and passed is None)
    return Agreement.UNKNOWN if silent else Agreement.DISAGREES


def _only_grade(rule: Completed | Passed) -> bool:
    return isinstance(rule, Passed) and rule.grade_alone


def _of_course(rule: Rule, parts: Sequence[Progress]) -> Outcome | None:
    """Return how well the course was completed, not how well one activity of it was."""
    if len(parts) == 1:
        return parts[0].outcome
    found = [part.outcome for one, part in zip(parts_of(rule), parts, strict=True) if one.activity is None]
    return found[0] if found else None


def _moment(report: Reported) -> tuple[datetime, int]:
    return report.occurred_at, report.order
