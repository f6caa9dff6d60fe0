from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from issuer.errors import FieldError
from issuer.lms.adapters import ADAPTERS
from issuer.lms.model import Identifier, IdKind, Kind
from openbadge.errors import InvalidError
from tests.issuer.lms.sources import NOW, SITE, WEBHOOK, changed, connection, read_one, signed

ADAPTER = ADAPTERS["webhook"]


def test_a_delivery_from_end_to_end():
    verified = ADAPTER.verify(signed(WEBHOOK), connection("webhook"), NOW)
    (report,) = ADAPTER.read(verified, connection("webhook"))
    assert (report.kind, report.event_id, report.occurred_at) == (
        Kind.COMPLETED,
        "msg-1",
        datetime(2026, 11, 23, 12, 32, 28, tzinfo=UTC),
    )
    assert report.origin.source == f"webhook:{SITE}"
    assert report.origin.verified_by == "hmac:key-2"
    assert report.learner.ids == (
        Identifier(IdKind.LMS, SITE, "3"),
        Identifier(IdKind.SIS, "sis", "S1234567"),
        Identifier(IdKind.EMAIL, "", "ada@example.test"),
    )
    assert (report.course.id, report.course.term) == ("2", "2026-2")
    assert report.outcome.score.percent == Decimal(91)


def test_a_repetition_has_the_same_digest_and_other_content_another():
    first, again = read_one("webhook", WEBHOOK), read_one("webhook", dict(reversed(WEBHOOK.items())))
    assert first.digest == again.digest
    assert read_one("webhook", changed(WEBHOOK, course__id="9")).digest != first.digest


def test_student_numbers_are_believed_only_where_the_institution_says_so():
    ids = read_one("webhook", WEBHOOK, sis="").learner.ids
    assert [one.kind for one in ids] == [IdKind.LMS, IdKind.EMAIL]
    with pytest.raises(FieldError, match="learner: names no learner"):
        read_one("webhook", changed(WEBHOOK, learner={"sisId": "S1"}), sis="")


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"kind": "ignored"}, "kind"),
        ({"kind": ...}, "kind"),
        ({"learner": ...}, "learner"),
        ({"learner": {}}, "learner"),
        ({"learner__id": 3}, "learner.id"),
        ({"learner__shoeSize": "41"}, "learner.shoeSize"),
        ({"course": ...}, "course"),
        ({"course__id": ""}, "course.id"),
        ({"occurredAt": "yesterday"}, "occurredAt"),
        ({"occurredAt": "2026-11-23T12:32:28"}, "occurredAt"),
        ({"result__score": "ninety-one"}, "result.score"),
        ({"result__score": 1e308}, "result.score"),
        ({"result__score": ...}, "result"),
        ({"result__passed": "yes"}, "result.passed"),
        ({"extra": 1}, "extra"),
    ],
)
def test_a_wrong_field_is_named_and_its_value_is_not_repeated(changes, path):
    with pytest.raises(FieldError) as caught:
        read_one("webhook", changed(WEBHOOK, **changes))
    assert caught.value.path == path
    assert "Ada" not in caught.value.detail
    assert "41" not in caught.value.detail


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"kind":"completed","kind":"failed"}', b'{"kind":NaN}', b"\xff"])
def test_a_body_that_is_no_json_object(body):
    with pytest.raises(InvalidError):
        read_one("webhook", body)


def test_iss_014_scores_are_bounded():
    over = read_one("webhook", changed(WEBHOOK, result__score="130"))
    under = read_one("webhook", changed(WEBHOOK, result__score="-5"))
    assert (over.outcome.score.percent, under.outcome.score.percent) == (100, 0)
    assert read_one("webhook", changed(WEBHOOK, result__maximum="0")).outcome.score.percent is None
    for number in ("NaN", "1e308", "Infinity", "12345678901"):
        with pytest.raises(FieldError, match="score"):
            read_one("webhook", changed(WEBHOOK, result__score=number))


def test_ids_of_one_person_can_be_reported_alone():
    report = read_one("webhook", changed(WEBHOOK, kind="identity", course=..., result=...))
    assert (report.kind, report.course) == (Kind.IDENTITY, None)
