from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from issuer.errors import FieldError
from issuer.lms.adapters import ADAPTERS
from issuer.lms.connection import Incoming
from issuer.lms.errors import SignatureError
from issuer.lms.model import Course, Identifier, IdKind, Kind
from openbadge import multibase
from openbadge.errors import InvalidError
from tests.issuer.lms.sources import CANVAS, NOW, SITE, changed, connection, dumped, read_one, rsa_signer, token

ADAPTER = ADAPTERS["canvas"]
GRADE = {
    "metadata": {
        **CANVAS["metadata"],
        "event_name": "grade_change",
        "context_role": "TeacherEnrollment",
        "context_sis_source_id": "MC-DETH-01@v2",
        "user_id": "21070000000000987",
        "user_sis_id": "T1",
    },
    "body": {
        "assignment_id": "21070000000000355",
        "grade": "B",
        "grading_complete": True,
        "muted": False,
        "points_possible": 20,
        "score": 17,
        "student_id": "21070000000000048",
        "student_sis_id": "ABC.123",
        "submission_id": "21070000000011086",
        "user_id": "21070000000000048",
    },
}
COURSE_GRADE = {
    "metadata": {**CANVAS["metadata"], "event_name": "course_grade_change", "user_sis_id": None},
    "body": {
        "user_id": "2",
        "course_id": "565",
        "workflow_state": "active",
        "updated_at": "2026-12-11T16:26:34Z",
        "current_score": 97.31,
        "final_score": 62.5,
    },
}


def keyed(**changes):
    signer = rsa_signer()
    return connection("canvas", keys={signer.verification_method: signer.public}, **changes)


def refused(body: bytes, **changes) -> str:
    with pytest.raises(SignatureError) as caught:
        ADAPTER.verify(Incoming(body), keyed(**changes), NOW)
    return caught.value.detail


def test_a_token_from_end_to_end():
    verified = ADAPTER.verify(Incoming(token(CANVAS, typ="JWT")), keyed(), NOW)
    assert verified.origin.verified_by == "jws:2026-11"
    (report,) = ADAPTER.read(verified, keyed())
    assert report.kind is Kind.COMPLETED
    assert report.occurred_at == datetime(2026, 11, 23, 12, 32, 28, 218000, UTC)
    assert report.emitted_at == datetime(2026, 11, 23, 12, 32, 30, 615000, UTC)
    assert report.course == Course("565", code="MC-DETH-01", version="2")
    assert Identifier(IdKind.LMS, SITE, "123") in report.learner.ids


def test_the_actors_student_number_counts_only_for_the_actor():
    assert read_one("canvas", CANVAS).learner.id_of(IdKind.SIS) == "456-T45"
    by_teacher = changed(CANVAS, metadata__user_id="21070000000000987", metadata__user_sis_id="T1")
    assert read_one("canvas", by_teacher).learner.id_of(IdKind.SIS) is None
    assert read_one("canvas", GRADE).learner.id_of(IdKind.SIS) == "ABC.123"


def test_plain_json_and_forged_tokens_prove_nothing():
    assert "3 parts" in refused(dumped(CANVAS))
    assert refused(b"\xff\xfe")
    assert "does not know" in refused(token(CANVAS, rsa_signer("2026-12")))
    imposter = rsa_signer("2026-10")
    forged = token(CANVAS, type(imposter)("2026-11", imposter.key))
    assert "does not match" in refused(forged)
    head, payload, signature = token(CANVAS).split(b".")
    other = multibase.base64url_encode(dumped(changed(CANVAS, body__user__id="9"))).encode()
    assert "does not match" in refused(b".".join((head, other, signature)))
    for header in ({"alg": "none"}, {"alg": "HS256", "kid": "2026-11"}):
        head = multibase.base64url_encode(dumped(header)).encode()
        assert refused(b".".join((head, payload, signature)))
        assert refused(b".".join((head, payload, b"")))


def test_a_key_that_the_token_brings_along_is_not_believed():
    thief = rsa_signer("thief")
    assert "jwk" in refused(token(CANVAS, thief, jwk=thief.public.jwk()))
    assert "x5u" in refused(token(CANVAS, thief, x5u="https://evil.example/"))


def test_another_institution_is_refused_though_its_signature_is_right():
    other = token(changed(CANVAS, metadata__root_account_uuid="another"))
    assert "another Canvas institution" in refused(other)


def test_times_of_a_token_are_kept_to_where_it_has_them():
    seconds = int(NOW.timestamp())
    assert "expired" in refused(token({**CANVAS, "exp": seconds - 301}))
    assert "future" in refused(token({**CANVAS, "iat": seconds + 301}))
    assert "not a time" in refused(token({**CANVAS, "exp": "soon"}))
    ADAPTER.verify(Incoming(token({**CANVAS, "exp": seconds - 299, "iat": seconds + 299})), keyed(), NOW)


def test_keys_rotate():
    old, new = rsa_signer("2026-11"), rsa_signer("2026-12")
    both = connection("canvas", keys={one.verification_method: one.public for one in (old, new)})
    for signer in (old, new):
        ADAPTER.verify(Incoming(token(CANVAS, signer)), both, NOW + timedelta(days=30))


def test_the_same_completion_again_is_the_same_event():
    first, again = read_one("canvas", CANVAS), read_one("canvas", changed(CANVAS, metadata__request_id="other"))
    assert (first.event_id, first.digest) == (again.event_id, again.digest)
    for changes in ({"body__user__id": "9"}, {"body__progress__completed_at": "2026-11-24T00:00:00Z"}):
        assert read_one("canvas", changed(CANVAS, **changes)).event_id != first.event_id


def test_local_and_global_ids_are_one():
    both = changed(CANVAS, body__user__id="21070000000000123", body__course__id=21070000000000565)
    assert read_one("canvas", both).learner == read_one("canvas", CANVAS).learner
    assert read_one("canvas", both).course.id == "565"
    guest = read_one("canvas", changed(CANVAS, body__user__id="30050000000000123"))
    assert guest.learner.id_of(IdKind.LMS) == "30050000000000123"


def test_a_grade_of_an_assignment():
    report = read_one("canvas", GRADE)
    assert (report.kind, report.activity, report.course.id) == (Kind.GRADED, "assignment:355", "565")
    assert (report.outcome.score.percent, report.outcome.grade) == (Decimal(85), "B")
    assert report.learner.id_of(IdKind.LMS) == "48"


@pytest.mark.parametrize("changes", [{"body__muted": True}, {"body__grading_complete": False}])
def test_a_grade_that_the_learner_may_not_see_yet(changes):
    assert read_one("canvas", changed(GRADE, **changes)).kind is Kind.IGNORED


def test_the_grade_of_a_course_is_what_is_final_and_posted():
    report = read_one("canvas", COURSE_GRADE)
    assert (report.kind, report.activity, report.outcome.score.percent) == (Kind.GRADED, None, Decimal("62.5"))
    assert read_one("canvas", changed(COURSE_GRADE, body__workflow_state="deleted")).kind is Kind.IGNORED
    assert read_one("canvas", changed(COURSE_GRADE, body__final_score=None)).outcome is None


def test_what_is_not_completed_or_not_for_us():
    assert read_one("canvas", changed(CANVAS, body__progress__completed_at=None)).kind is Kind.IGNORED
    assert read_one("canvas", changed(CANVAS, metadata__event_name="course_progress")).kind is Kind.IGNORED


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"body__user": ...}, "body.user"),
        ({"body__user__id": "x"}, "body.user.id"),
        ({"body__user__id": "-1"}, "body.user.id"),
        ({"body__progress": []}, "body.progress"),
        ({"metadata__event_time": "now"}, "metadata.event_time"),
        ({"metadata__root_account_id": ...}, "metadata.root_account_id"),
    ],
)
def test_a_wrong_field_is_named(changes, path):
    with pytest.raises(FieldError) as caught:
        read_one("canvas", changed(CANVAS, **changes))
    assert caught.value.path == path


def test_grade_as_text():
    with pytest.raises(FieldError, match=r"body\.score"):
        read_one("canvas", changed(GRADE, body__score="seventeen"))


def test_a_signed_payload_that_is_no_event():
    with pytest.raises(InvalidError):
        ADAPTER.verify(Incoming(token(b"[]")), keyed(), NOW)


def test_two_other_events_of_one_moment_are_two():
    other = changed(CANVAS, metadata__event_name="logged_in")
    assert read_one("canvas", other).event_id != read_one("canvas", changed(other, body={"x": 1})).event_id


def test_a_grade_outside_of_a_course():
    with pytest.raises(FieldError, match="context_type"):
        read_one("canvas", changed(GRADE, metadata__context_type="Account"))


def test_a_token_without_a_key_id_is_checked_only_where_there_is_no_choice():
    signer = rsa_signer()
    head = multibase.base64url_encode(dumped({"alg": "RS256"}))
    signing_input = f"{head}.{multibase.base64url_encode(dumped(CANVAS))}"
    text = f"{signing_input}.{multibase.base64url_encode(signer.sign(signing_input.encode()))}".encode()
    ADAPTER.verify(Incoming(text), keyed(), NOW)
    two = connection("canvas", keys={"a": signer.public, "b": rsa_signer("b").public})
    with pytest.raises(SignatureError, match="does not know"):
        ADAPTER.verify(Incoming(text), two, NOW)
