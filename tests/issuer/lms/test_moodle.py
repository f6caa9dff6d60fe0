"""Moodle's events, as 4.3 really delivered them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from issuer.errors import FieldError
from issuer.lms import rules
from issuer.lms.adapters import ADAPTERS
from issuer.lms.errors import SignatureError
from issuer.lms.model import Course, IdKind, Kind, Reread
from issuer.lms.rules import Completed, Passed
from tests.issuer.lms.sources import MOODLE, NOW, OLD, changed, connection, dumped, read_one, signed

ADAPTER = ADAPTERS["moodle"]
MODULE = changed(
    MOODLE,
    event__eventname=r"\core\event\course_module_completion_updated",
    event__objecttable="course_modules_completion",
    event__other={"relateduserid": "3", "overrideby": None, "completionstate": 2},
)
GRADED = changed(
    MOODLE,
    event__eventname=r"\core\event\user_graded",
    event__userid=-1,
    event__other={"itemid": "2", "overridden": False, "finalgrade": "85.00000"},
)


@pytest.fixture(scope="module")
def deliveries(shared):
    lines = (shared / "samples/lms/moodle/webhook-deliveries.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_the_learner_is_the_related_user_not_the_teacher_who_acted():
    report = read_one("moodle", MOODLE)
    assert report.kind is Kind.COMPLETED
    assert report.learner.id_of(IdKind.LMS) == "3"
    assert report.learner.id_of(IdKind.SIS) == "S1234567"
    assert report.learner.name == "Ada Nguyen"
    assert report.course == Course("2", code="MC-DETH-01", version="2")
    assert report.completion_id == "course_completions:1"
    assert report.reread == (Reread.COMPLETION, Reread.GRADE)


def test_without_a_related_user_nobody_is_taken():
    for changes in ({"event__relateduserid": ...}, {"event__relateduserid": None}, {"event__relateduserid": ""}):
        with pytest.raises(FieldError, match="relateduserid: is missing"):
            read_one("moodle", changed(MOODLE, **changes))


def test_a_profile_of_the_actor_is_not_taken_for_the_learner():
    with pytest.raises(FieldError, match=r"user\.id"):
        read_one("moodle", changed(MOODLE, user__id="4"))
    with pytest.raises(FieldError, match=r"course\.id"):
        read_one("moodle", changed(MOODLE, course__id="7"))


def test_ids_and_grades_come_as_texts_and_as_numbers():
    numbers = changed(MOODLE, event__objectid=1, event__relateduserid=3, event__courseid=2, user__id=3, course__id=2)
    assert read_one("moodle", numbers).learner == read_one("moodle", MOODLE).learner
    for grade in ("85.00000", 85, 85.0):
        report = read_one("moodle", changed(GRADED, event__other__finalgrade=grade))
        assert report.outcome.score.given == Decimal(85)
    assert read_one("moodle", changed(GRADED, event__other__finalgrade=None)).outcome is None


@pytest.mark.parametrize("grade", ["good", "1e308", "NaN", True, [], "8" * 40])
def test_a_grade_that_is_no_number(grade):
    with pytest.raises(FieldError, match=r"event\.other\.finalgrade"):
        read_one("moodle", changed(GRADED, event__other__finalgrade=grade))


@pytest.mark.parametrize(("state", "kind"), list(enumerate([Kind.WITHDRAWN, Kind.COMPLETED, Kind.PASSED, Kind.FAILED])))
def test_states_of_an_activity(state, kind):
    report = read_one("moodle", changed(MODULE, event__other__completionstate=state))
    assert (report.kind, report.activity) == (kind, "cm:2")


def test_a_state_that_moodle_does_not_have():
    for state in (4, -1, "x", None):
        with pytest.raises(FieldError, match="completionstate"):
            read_one("moodle", changed(MODULE, event__other__completionstate=state))


def test_other_events_are_kept_and_say_why_they_are_nothing():
    report = read_one(
        "moodle", changed(MOODLE, event__eventname=r"\core\event\badge_awarded", event__relateduserid=...)
    )
    assert (report.kind, report.learner) == (Kind.IGNORED, None)
    assert report.reason


def test_another_site_is_refused():
    with pytest.raises(FieldError, match="source"):
        read_one("moodle", changed(MOODLE, source="https://copy.uni.example"))
    with pytest.raises(FieldError, match="siteid"):
        read_one("moodle", MOODLE, options={"site_id": "another"})
    assert read_one("moodle", changed(MOODLE, source="https://lms.uni.example/")).kind is Kind.COMPLETED


def test_a_time_in_milliseconds_is_no_time():
    with pytest.raises(FieldError, match="timecreated"):
        read_one("moodle", changed(MOODLE, event__timecreated=1795437148000))


def test_only_signed_deliveries():
    assert ADAPTER.verify(signed(MOODLE, OLD), connection("moodle"), NOW).origin.verified_by == "hmac:key-1"
    with pytest.raises(SignatureError):
        ADAPTER.verify(replace(signed(MOODLE), headers={}), connection("moodle"), NOW)


def test_a_retry_signed_anew_is_the_same_event():
    first = read_one("moodle", MOODLE, "moodle-adhoc-3")
    renamed = read_one("moodle", changed(MOODLE, user__lastname="Nguyen-Smith"), "moodle-adhoc-3")
    assert (first.event_id, first.digest) == (renamed.event_id, renamed.digest)
    assert first.event_id == "moodle-site-id-example/moodle-adhoc-3"
    other = read_one("moodle", changed(MOODLE, event__relateduserid="9", user__id="9"), "moodle-adhoc-3")
    assert other.event_id == first.event_id
    assert other.digest != first.digest


def story(deliveries):
    """All recorded deliveries as reports, signed again as the plugin would, in order of arrival."""
    for item in deliveries:
        body = dumped(item["body"])
        incoming = signed(body, message_id=item["headers"]["webhook-id"])
        yield from ADAPTER.read(ADAPTER.verify(incoming, connection("moodle"), NOW), connection("moodle"))


def test_the_recorded_afternoon(deliveries):
    reports = list(story(deliveries))
    assert len(reports) == 16
    assert reports[0].event_id == reports[15].event_id
    assert reports[0].digest == reports[15].digest
    assert {report.learner.id_of(IdKind.LMS) for report in reports if report.learner} == {"3"}
    course = [report for report in reports if report.kind is Kind.COMPLETED and report.activity is None]
    assert [report.completion_id for report in course] == [f"course_completions:{n}" for n in (1, 2, 1)]
    assert reports[1].kind is Kind.IGNORED


def test_the_recorded_afternoon_ends_the_same_in_any_order(deliveries):
    reports = list(story(deliveries))
    for order in (reports, reports[::-1], reports[8:] + reports[:8], reports * 2):
        progress = rules.evaluate(Completed(), order)
        assert progress.met
        assert progress.because.completion_id == "course_completions:1"
        assert rules.evaluate(Completed("cm:2"), order).met
        grade = rules.evaluate(Passed("gradeitem:2", grade_alone=True, grades=("A",)), order)
        assert grade.missing == ("no-grade:gradeitem:2",)


def test_the_recorded_re_grade_is_a_setback_to_look_at(deliveries):
    progress = rules.evaluate(Completed("cm:2"), story(deliveries))
    assert progress.met
    assert [one.event_id.rpartition("/")[2] for one in progress.setbacks] == ["moodle-adhoc-8"]
    assert progress.at - progress.setbacks[0].occurred_at == timedelta(seconds=1)


def test_two_events_in_one_second_are_ordered_by_their_task(deliveries):
    ordered = rules.in_order(story(deliveries))
    last = [one for one in ordered if one.activity == "gradeitem:1"][-1]
    assert (last.outcome.score.given, last.order) == (Decimal(91), 17)
