from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuer.errors import FieldError
from issuer.lms import rules
from issuer.lms.model import Kind, Origin, Outcome, Reported, Score, State
from issuer.lms.rule_json import read_rule, write_rule
from issuer.lms.rules import Agreement, AllOf, Completed, Passed, evaluate
from tests.issuer.lms.sources import NOW

ORIGIN = Origin("moodle:ours", bytes(32), "hmac:key-1", NOW)


def report(kind: Kind, minute: int = 0, percent: int | None = None, **changes) -> Reported:
    """A report of the course, `minute` minutes from the start."""
    score = None if percent is None else Score(Decimal(percent), Decimal(100))
    return Reported(
        kind=kind,
        origin=ORIGIN,
        event_id=changes.pop("event_id", f"{kind}-{minute}-{changes.get('activity')}"),
        digest=bytes(32),
        occurred_at=NOW + timedelta(minutes=minute),
        outcome=changes.pop("outcome", None if score is None else Outcome(score=score)),
        **changes,
    )


COMPLETED = report(Kind.COMPLETED, 1)


def test_completed():
    progress = evaluate(Completed(), [COMPLETED])
    assert (progress.met, progress.at, progress.because) == (True, COMPLETED.occurred_at, COMPLETED)
    assert evaluate(Completed(), [report(Kind.PASSED, 1)]).met
    for nothing in ([], [report(Kind.GRADED, 1, 100)], [report(Kind.FAILED, 1)], [replace(COMPLETED, activity="cm:2")]):
        assert evaluate(Completed(), nothing).missing == ("not-completed",)


def test_completed_is_not_passed():
    assert evaluate(Passed(), [COMPLETED]).missing == ("not-passed",)
    assert evaluate(Passed(), [report(Kind.PASSED)]).met
    said = report(Kind.COMPLETED, outcome=Outcome(passed=True))
    assert evaluate(Passed(), [said]).met


def test_a_grade_of_at_least():
    rule = Passed(percent=Decimal(60))
    assert evaluate(rule, [COMPLETED]).missing == ("no-grade",)
    assert evaluate(rule, [COMPLETED, report(Kind.GRADED, 2, 59)]).missing == ("grade-too-low",)
    assert evaluate(rule, [report(Kind.GRADED, 2, 60)]).missing == ("not-completed",)
    met = evaluate(rule, [COMPLETED, report(Kind.GRADED, 2, 60)])
    assert (met.at, met.outcome.score.given) == (NOW + timedelta(minutes=2), 60)
    assert evaluate(rule, [report(Kind.GRADED, 0, 60), COMPLETED]).at == COMPLETED.occurred_at
    assert evaluate(replace(rule, grade_alone=True), [report(Kind.GRADED, 2, 60)]).met
    unscaled = report(Kind.GRADED, 2, outcome=Outcome(score=Score(Decimal(85))))
    assert evaluate(rule, [COMPLETED, unscaled]).missing == ("no-grade",)


def test_one_of_some_grades():
    rule = Passed(grades=("A", "B"))
    for grade, missing in (("A", ()), ("C", ("grade-too-low",)), (None, ("no-grade",))):
        assert evaluate(rule, [replace(COMPLETED, outcome=Outcome(grade=grade))]).missing == missing


def test_a_failure_counts_whatever_the_grade():
    reports = [COMPLETED, report(Kind.GRADED, 2, 90), report(Kind.FAILED, 3)]
    assert evaluate(Passed(percent=Decimal(60)), reports).missing == ("not-passed",)
    assert evaluate(Completed(), reports).missing == ("not-completed",)


def test_all_of_several_at_the_moment_of_the_last():
    rule = AllOf((Completed("a"), Passed("b", percent=Decimal(50)), Completed()))
    a, b = report(Kind.COMPLETED, 5, activity="a"), report(Kind.COMPLETED, 3, 70, activity="b")
    assert evaluate(rule, [a]).missing == ("not-completed:b", "not-completed")
    progress = evaluate(rule, [a, b, replace(COMPLETED, outcome=Outcome(grade="A"))])
    assert (progress.met, progress.at, progress.because, progress.outcome.grade) == (True, a.occurred_at, a, "A")
    only_parts = evaluate(AllOf((Completed("a"), Completed("b"))), [a, b])
    assert (only_parts.met, only_parts.outcome) == (True, None)
    with pytest.raises(FieldError):
        AllOf(())


def test_setbacks_are_kept_and_a_later_success_counts():
    low, again = report(Kind.GRADED, 3, 20), report(Kind.GRADED, 4, 95)
    rule = Passed(percent=Decimal(60))
    before = [COMPLETED, report(Kind.GRADED, 2, 85)]
    lost = evaluate(rule, [*before, low])
    assert (lost.met, lost.setbacks) == (False, (low,))
    won = evaluate(rule, [*before, low, again])
    assert (won.met, won.at, won.setbacks) == (True, again.occurred_at, (low,))


def test_a_withdrawal_takes_back_and_a_new_completion_counts():
    reset = report(Kind.WITHDRAWN, 2)
    assert evaluate(Completed(), [COMPLETED, reset]).setbacks == (reset,)
    assert not evaluate(Completed(), [COMPLETED, reset]).met
    assert evaluate(Completed(), [COMPLETED, reset, report(Kind.COMPLETED, 3)]).at == NOW + timedelta(minutes=3)


def test_two_reports_of_one_second_go_by_their_order():
    low, high = report(Kind.GRADED, 2, 20, order=11, event_id="a"), report(Kind.GRADED, 2, 91, order=12, event_id="b")
    assert evaluate(Passed(percent=Decimal(60)), [high, COMPLETED, low]).met


def test_one_source_cannot_void_the_statements_of_another():
    voiding = report(Kind.WITHDRAWN, 5, voids=COMPLETED.event_id)
    assert not evaluate(Completed(), [COMPLETED, voiding]).met
    other = replace(COMPLETED, origin=replace(ORIGIN, source="xapi:other"), event_id="other")
    assert evaluate(Completed(), [other, replace(voiding, kind=Kind.IGNORED)]).met


_REPORTS = st.lists(
    st.builds(
        report,
        st.sampled_from([Kind.COMPLETED, Kind.PASSED, Kind.FAILED, Kind.GRADED, Kind.WITHDRAWN, Kind.IGNORED]),
        st.integers(0, 30),
        st.none() | st.integers(0, 100),
        activity=st.sampled_from([None, "a", "b"]),
    ),
    max_size=12,
    unique_by=lambda one: (one.event_id, one.occurred_at),
).map(lambda some: [replace(one, order=index, event_id=f"e{index}") for index, one in enumerate(some)])
_SINGLE = st.builds(Completed, st.sampled_from([None, "a"])) | st.builds(
    Passed,
    st.sampled_from([None, "b"]),
    st.none() | st.integers(0, 100).map(Decimal),
    st.sampled_from([(), ("A",)]),
)
_RULES = _SINGLE | st.lists(_SINGLE, min_size=1, max_size=3, unique=True).map(lambda some: AllOf(tuple(some)))


@given(_RULES, _REPORTS, st.randoms())
def test_disorder_and_repetition_change_nothing(rule, reports, chance: random.Random):
    shuffled = reports + [one for one in reports if chance.random() < 0.5]
    chance.shuffle(shuffled)
    assert evaluate(rule, shuffled) == evaluate(rule, reports)


@given(_RULES, _REPORTS)
def test_a_rule_that_is_met_says_by_what_and_one_that_is_not_says_why(rule, reports):
    progress = evaluate(rule, reports)
    assert progress.met == (not progress.missing)
    assert progress.met == (progress.because in reports)


@given(_RULES)
def test_rules_as_json(rule):
    assert read_rule(write_rule(rule)) == rule


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        {"rule": "latest"},
        {"rule": "completed", "percent": "1"},
        {"rule": "passed", "percent": "101"},
        {"rule": "passed", "percent": "-1"},
        {"rule": "passed", "percent": "good"},
        {"rule": "passed", "gradeAlone": True},
        {"rule": "passed", "gradeAlone": "yes", "percent": "5"},
        {"rule": "all"},
        {"rule": "all", "of": []},
        {"rule": "all", "of": [{"rule": "completed"}, {"rule": "completed"}]},
        {"rule": "all", "of": [{"rule": "all", "of": [{"rule": "completed"}]}]},
    ],
)
def test_a_rule_that_is_none(value):
    with pytest.raises(FieldError):
        read_rule(value)


def state(completed: bool | None, percent: int | None = None, passed: bool | None = None, grade: str | None = None):
    score = None if percent is None else Score(Decimal(percent), Decimal(100))
    return State(bytes(32), completed, None, Outcome(passed=passed, score=score, grade=grade))


@pytest.mark.parametrize(
    ("rule", "now", "agreement"),
    [
        (Completed(), state(True), Agreement.AGREES),
        (Completed(), state(False), Agreement.DISAGREES),
        (Completed(), state(None), Agreement.UNKNOWN),
        (Completed("cm:2"), state(True), Agreement.UNKNOWN),
        (Passed(), state(True, passed=True), Agreement.AGREES),
        (Passed(), state(True), Agreement.UNKNOWN),
        (Passed(), state(True, passed=False), Agreement.DISAGREES),
        (Passed(percent=Decimal(60)), state(True, 85), Agreement.AGREES),
        (Passed(percent=Decimal(60)), state(True, 20), Agreement.DISAGREES),
        (Passed(percent=Decimal(60)), state(True), Agreement.UNKNOWN),
        (Passed(percent=Decimal(60)), state(None, 85), Agreement.UNKNOWN),
        (Passed(percent=Decimal(60), grade_alone=True), state(None, 85), Agreement.AGREES),
        (Passed(grades=("A",)), state(True, grade="B"), Agreement.DISAGREES),
        (AllOf((Completed(), Completed("cm:2"))), state(True), Agreement.UNKNOWN),
        (AllOf((Completed(), Completed("cm:2"))), state(False), Agreement.DISAGREES),
    ],
)
def test_what_the_source_says_when_it_is_asked_again(rule, now, agreement):
    assert rules.confirm(rule, now) is agreement
