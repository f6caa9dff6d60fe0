from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from issuer.errors import FieldError
from issuer.lms import rules
from issuer.lms.adapters import ADAPTERS
from issuer.lms.connection import Incoming
from issuer.lms.errors import SignatureError
from issuer.lms.model import Course, IdKind, Kind
from issuer.lms.rules import Passed
from tests.issuer.lms.sources import NEW, NOW, OPENEDX, changed, connection, dumped, read_one

RUN = "course-v1:UniX+DETH01+2026T3"
TYPE = "org.openedx.learning."
USER = OPENEDX["data"]["certificate"]["user"]
PASSING = {
    "metadata": {**OPENEDX["metadata"], "event_type": f"{TYPE}course.passing.status.updated.v1"},
    "data": {"course_passing_status": {"course": {"course_key": RUN}, "is_passing": True, "user": USER}},
}
SUMMARY = {
    "metadata": {**OPENEDX["metadata"], "event_type": f"{TYPE}course.persistent_grade_summary.changed.v1"},
    "data": {
        "grade": {
            "course": {"course_key": RUN},
            "course_version": "6633f1c2a1d4",
            "letter_grade": "Pass",
            "percent_grade": 0.91,
            "user_id": 42,
        }
    },
}


def test_a_certificate():
    report = read_one("openedx", OPENEDX)
    assert (report.kind, report.course, report.outcome.score.percent) == (Kind.PASSED, Course(RUN), Decimal(91))
    assert report.learner.id_of(IdKind.LMS) == "42"
    assert report.learner.id_of(IdKind.USERNAME) == "ada"
    assert report.completion_id == f"certificate:42:{RUN}:honor"
    assert report.event_id == OPENEDX["metadata"]["id"]
    assert report.occurred_at == datetime(2026, 11, 23, 12, 41, 47, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "kind"),
    [("notpassing", Kind.FAILED), ("unavailable", Kind.WITHDRAWN), ("generating", Kind.IGNORED), ("<x>", Kind.IGNORED)],
)
def test_only_a_downloadable_certificate_is_one(status, kind):
    assert read_one("openedx", changed(OPENEDX, data__certificate__current_status=status)).kind is kind


def test_a_revoked_certificate_takes_the_completion_back():
    revoked = changed(OPENEDX, metadata__event_type=f"{TYPE}certificate.revoked.v1")
    report = read_one("openedx", revoked)
    assert (report.kind, report.completion_id) == (Kind.WITHDRAWN, f"certificate:42:{RUN}:honor")


def test_passing_status_and_grade_summary():
    assert read_one("openedx", PASSING).kind is Kind.PASSED
    failing = read_one("openedx", changed(PASSING, data__course_passing_status__is_passing=False))
    assert (failing.kind, failing.outcome.passed) == (Kind.FAILED, False)
    summary = read_one("openedx", SUMMARY)
    assert (summary.kind, summary.course.version, summary.outcome.grade) == (Kind.GRADED, "6633f1c2a1d4", "Pass")


def test_the_plugins_form_with_pythons_times():
    posted = {
        "openedx_events.learning.data.CertificateData": OPENEDX["data"]["certificate"],
        "event_metadata": {**OPENEDX["metadata"], "time": "2026-11-23 12:41:47.328387"},
    }
    report = read_one("openedx", posted)
    assert (report.kind, report.learner) == (Kind.PASSED, read_one("openedx", OPENEDX).learner)
    assert report.occurred_at == datetime(2026, 11, 23, 12, 41, 47, 328387, UTC)
    for bad in ({**posted, "more": {}}, {"event_metadata": posted["event_metadata"]}):
        with pytest.raises(FieldError, match="one more member"):
            read_one("openedx", bad)


def test_the_plugin_can_only_hint():
    adapter, to = ADAPTERS["openedx"], connection("openedx", options={"auth": "url"})
    verified = adapter.verify(Incoming(dumped(OPENEDX), {}, NEW.value.decode()), to, NOW)
    assert not verified.origin.integrity
    with pytest.raises(SignatureError):
        adapter.verify(Incoming(dumped(OPENEDX), {}, "guessed"), to, NOW)


def test_other_events_are_ignored():
    for name in (
        "org.openedx.learning.auth.session.login.completed.v1",
        "x",
        "org.openedx.learning.certificate.created.v2",
    ):
        assert read_one("openedx", changed(OPENEDX, metadata__event_type=name)).kind is Kind.IGNORED


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"data__certificate__user": ...}, "data.certificate.user"),
        ({"data__certificate__user__id": None}, "data.certificate.user.id"),
        ({"data__certificate__course__course_key": ""}, "data.certificate.course.course_key"),
        ({"data__certificate__grade": "A"}, "data.certificate.grade"),
        ({"metadata__time": "2026-11-23 12:41"}, "metadata.time"),
        ({"metadata__id": ...}, "metadata.id"),
        ({"data": []}, "data"),
    ],
)
def test_a_wrong_field_is_named(changes, path):
    with pytest.raises(FieldError) as caught:
        read_one("openedx", changed(OPENEDX, **changes))
    assert caught.value.path == path


def test_the_recorded_events(shared):
    folder = shared / "samples/lms/openedx"
    kinds = {path.stem: read_one("openedx", json.loads(path.read_bytes())).kind for path in folder.glob("*.json")}
    assert kinds == {
        "certificate-created": Kind.PASSED,
        "certificate-revoked": Kind.WITHDRAWN,
        "course-passing-status-true": Kind.PASSED,
        "course-passing-status-false": Kind.FAILED,
        "persistent-grade-summary": Kind.GRADED,
    }


def test_passing_counts_at_its_edge_however_often_it_is_said():
    def status(passing: bool, minute: int):
        time = f"2026-11-23T12:{minute:02}:00Z"
        event = changed(PASSING, data__course_passing_status__is_passing=passing, metadata__time=time)
        return read_one("openedx", changed(event, metadata__id=f"event-{minute}"))

    reports = [status(False, 1), status(True, 2), status(True, 3), status(True, 4)]
    progress = rules.evaluate(Passed(), reports[::-1])
    assert progress.because.event_id == "event-2"
    assert progress.setbacks == ()
    lost = rules.evaluate(Passed(), [*reports, status(False, 5)])
    assert (lost.missing, [one.event_id for one in lost.setbacks]) == (("not-passed",), ["event-5"])
