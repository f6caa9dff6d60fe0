from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from issuer.errors import FieldError
from issuer.lms.adapters import ADAPTERS
from issuer.lms.connection import Incoming
from issuer.lms.errors import SignatureError
from issuer.lms.model import Course, Identifier, IdKind, Kind
from openbadge.errors import InvalidError
from tests.issuer.lms.sources import (
    CALIPER,
    NEW,
    NOW,
    SITE,
    SNAPSHOT,
    changed,
    connection,
    dumped,
    read_all,
    read_one,
)

COMPLETED = {
    **CALIPER,
    "data": [
        {
            "type": "Event",
            "id": "urn:uuid:7e10e4f3-a0d8-4430-95bd-783ffae4d916",
            "actor": {
                "id": "https://edx.example/user/42",
                "type": "Person",
                "otherIdentifiers": [
                    {"type": "SystemIdentifier", "identifierType": "SisSourcedId", "identifier": "S1"},
                    {"type": "SystemIdentifier", "identifierType": "Other", "identifier": "x"},
                ],
            },
            "action": "Completed",
            "object": {"id": "https://edx.example/course/1", "type": "CourseOffering", "academicSession": "2026-2"},
            "eventTime": "2026-11-23T12:32:28.000Z",
        }
    ],
}


def test_the_learner_is_the_assignee_not_the_grading_software():
    report = read_one("caliper", CALIPER)
    assert report.kind is Kind.GRADED
    assert report.learner.ids == (Identifier(IdKind.LMS, SITE, "_12345_1"), Identifier(IdKind.SIS, "sis", "S1234567"))
    assert report.course == Course("_777_1", code="BIO-101")
    assert report.activity == "https://grader.example/items/1"
    assert report.occurred_at == datetime(2021, 1, 4, 12, 59, 47, 248000, UTC)


def test_a_maximum_of_zero_is_none_and_the_assessment_knows_better():
    score = read_one("caliper", CALIPER).outcome.score
    assert (score.given, score.maximum) == (Decimal("39.45205"), Decimal(160))
    bare = changed(CALIPER, data__0__object__assignable=...)
    assert read_one("caliper", bare).outcome.score.percent is None


def test_an_event_named_like_its_sensor_is_not_named():
    report = read_one("caliper", CALIPER)
    assert report.event_id == f"sha256:{report.digest.hex()}"
    named = "urn:uuid:7e10e4f3-a0d8-4430-95bd-783ffae4d916"
    assert read_one("caliper", changed(CALIPER, data__0__id=named)).event_id == named
    assert read_one("caliper", changed(CALIPER, data__0__id=f"urn:uuid:{CALIPER['sensor']}")).event_id != named


def test_blackboards_final_grade_is_about_the_course():
    report = read_one("caliper", SNAPSHOT)
    assert (report.activity, report.outcome.score.percent, report.order) == (None, Decimal(91), 329189703)
    column = changed(SNAPSHOT, data__0__object__isCourseGrade=False)
    assert read_one("caliper", column).activity == "gradeitem:_12345_1"
    assert read_one("caliper", changed(SNAPSHOT, data__0__object__score=...)).outcome is None


def test_a_completed_course_with_identifiers_of_caliper_1_2():
    report = read_one("caliper", COMPLETED)
    assert (report.kind, report.course) == (Kind.COMPLETED, Course("https://edx.example/course/1", term="2026-2"))
    assert report.learner.id_of(IdKind.SIS) == "S1"
    assert report.learner.id_of(IdKind.LMS) == "https://edx.example/user/42"
    part = read_one("caliper", changed(COMPLETED, data__0__object__type="Assessment"))
    assert (part.course, part.activity) == (None, "https://edx.example/course/1")


@pytest.mark.parametrize(
    "version",
    [
        "http://purl.imsglobal.org/ctx/caliper/v1p1",
        "http://purl.imsglobal.org/ctx/caliper/v1p2",
        "http://purl.imsglobal.org/caliper/v1p2/context",
    ],
)
def test_versions(version):
    assert read_one("caliper", changed(CALIPER, dataVersion=version)).kind is Kind.GRADED


def test_other_events_are_ignored_and_entities_passed_over():
    entity = {"id": "https://edx.example/user/42", "type": "Person"}
    login = {"type": "SessionEvent", "action": "LoggedIn", "eventTime": "2026-11-23T12:32:28.000Z"}
    (report,) = read_all("caliper", {**CALIPER, "data": [entity, login]})
    assert report.kind is Kind.IGNORED


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"dataVersion": "http://purl.imsglobal.org/ctx/caliper/v1p0"}, "dataVersion"),
        ({"sendTime": ...}, "sendTime"),
        ({"data": {}}, "data"),
        ({"data": [1]}, "data[0]"),
        ({"data__0__eventTime": "now"}, "data[0].eventTime"),
        ({"data__0__object__assignee": ...}, "data[0].object.assignee"),
        ({"data__0__generated__scoreGiven": "A"}, "data[0].generated.scoreGiven"),
        ({"data__0__generated__scoreGiven": ...}, "data[0].generated.scoreGiven"),
    ],
)
def test_a_wrong_field_is_named(changes, path):
    with pytest.raises(FieldError) as caught:
        read_all("caliper", changed(CALIPER, **changes))
    assert caught.value.path == path


def test_a_nightly_envelope_may_be_larger_than_one_document():
    event = CALIPER["data"][0]
    events = [{**event, "id": f"urn:uuid:{number:032x}"} for number in range(2_000)]
    reports = read_all("caliper", {**CALIPER, "data": events})
    assert len({report.event_id for report in reports}) == 2_000
    with pytest.raises(InvalidError, match="more than 5,000"):
        read_all("caliper", {**CALIPER, "data": [{}] * 5_001})


def test_bearer_keys():
    adapter, to = ADAPTERS["caliper"], connection("caliper")
    body = dumped(CALIPER)
    verified = adapter.verify(Incoming(body, {"authorization": f"Bearer {NEW.value.decode()}"}), to, NOW)
    assert not verified.origin.integrity
    with pytest.raises(SignatureError):
        adapter.verify(Incoming(body, {"authorization": "Bearer guessed"}), to, NOW)


def test_the_vendors_samples(shared):
    folder = shared / "samples/lms/blackboard"
    grade = read_one("caliper", json.loads((folder / "caliper-grade-event.json").read_bytes()))
    assert grade.outcome.score.percent == Decimal("39.45205") / 160 * 100
    snapshot = read_one("caliper", json.loads((folder / "caliper-calculated-grade-snapshot.json").read_bytes()))
    assert (snapshot.kind, snapshot.activity, snapshot.outcome) == (Kind.GRADED, "gradeitem:_12345_1", None)
    assert snapshot.course.code == "BIO-101"
