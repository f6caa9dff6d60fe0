from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from issuer.errors import FieldError
from issuer.lms import rules
from issuer.lms.award import completion_report
from issuer.lms.bindings import Binding, Chosen
from issuer.lms.identity import Person
from issuer.lms.model import Course, Outcome, Score
from issuer.lms.rules import Completed
from issuer.model import CompletionReport
from tests.issuer.lms.sources import MOODLE, WEBHOOK, changed, read_one

BINDING = Binding("2", "data-ethics", Completed())
ADA = Person("S1234567", "Ada Nguyen")
CHOSEN = Chosen("2", "pinned")


def award(reported, binding=BINDING, person=ADA) -> CompletionReport:
    return completion_report(binding, CHOSEN, person, rules.evaluate(binding.rule, [reported]))


def test_from_a_moodle_event_to_a_completion():
    report = award(read_one("moodle", MOODLE))
    assert report.to_json() == {
        "source": "moodle:https://lms.uni.example",
        "sourceId": "course_completions:1",
        "definition": {"id": "data-ethics", "version": "2"},
        "learner": {"id": "S1234567", "name": "Ada Nguyen", "email": "ada@example.test"},
        "completedAt": "2026-11-23T12:32:28Z",
    }


def test_the_name_is_that_of_the_record():
    shouting = read_one("moodle", changed(MOODLE, user__firstname="ADA", user__lastname="NGUYEN"))
    assert award(shouting).learner.name == "Ada Nguyen"
    assert award(shouting, person=Person("S1234567")).learner.name == "ADA NGUYEN"
    nameless = read_one("moodle", changed(MOODLE, user=...))
    with pytest.raises(FieldError, match=r"learner\.name"):
        award(nameless, person=Person("S1234567"))


def test_results_are_passed_on_only_under_the_names_that_the_definition_has():
    reported = read_one("webhook", changed(WEBHOOK, result__grade="A", result__maximum="120"))
    assert award(reported).result == ()
    named = replace(BINDING, results={"grade": "grade", "percent": "share", "points": "points"})
    found = {one.result_description: one.value for one in award(reported, named).result}
    assert found == {"grade": "A", "share": "75.83", "points": "91"}
    silent = read_one("webhook", changed(WEBHOOK, result=...))
    assert award(silent, named).result == ()
    exact = replace(reported, outcome=Outcome(score=Score(Decimal("1E+1"), Decimal(100))))
    assert {one.value for one in award(exact, named).result} == {"10"}


def test_iss_005_without_a_term_there_is_one_occurrence_and_never_none():
    assert award(read_one("moodle", MOODLE)).occurrence == ""
    assert award(read_one("webhook", changed(WEBHOOK, course__term=...))).occurrence == ""


def test_once_a_term():
    reported = read_one("webhook", WEBHOOK)
    assert award(reported).occurrence == ""
    per_term = replace(BINDING, per_term=True)
    assert award(reported, per_term).occurrence == "2026-2"
    assert award(reported, replace(per_term, term="T1")).occurrence == "T1"
    with pytest.raises(FieldError, match=r"course\.term"):
        award(replace(reported, course=Course("2")), per_term)


def test_a_rule_that_is_not_met_awards_nothing():
    with pytest.raises(FieldError, match="is not met"):
        completion_report(BINDING, CHOSEN, ADA, rules.evaluate(Completed(), []))


def test_a_very_long_name_of_an_event_is_shortened_and_stays_unique():
    reported = [replace(read_one("webhook", WEBHOOK), event_id="x" * 300 + end) for end in "ab"]
    first, second = (award(one).source_id for one in reported)
    assert first != second
    assert len(first) == len("sha256:") + 64
