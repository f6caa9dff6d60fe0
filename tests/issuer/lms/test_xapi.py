from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from issuer.errors import FieldError, SettingsError
from issuer.lms import rules
from issuer.lms.adapters import ADAPTERS
from issuer.lms.connection import Incoming, Secret
from issuer.lms.errors import SignatureError
from issuer.lms.model import Course, Identifier, IdKind, Kind, Reread
from issuer.lms.rules import Completed
from issuer.lms.xapi_verbs import SIGNATURE, VOIDED
from issuer.model.canonical import sha256
from openbadge.errors import InvalidError
from tests.issuer.lms.sources import (
    LOGSTORE,
    NOW,
    SITE,
    STATEMENT,
    changed,
    connection,
    dumped,
    proved,
    read_all,
    read_one,
    rsa_signer,
    token,
)

ADAPTER = ADAPTERS["xapi"]
VERBS = "http://adlnet.gov/expapi/verbs/"
STORE = connection("xapi", secrets=(Secret("lrs", b"lms:a long password"),))
BASIC = {"authorization": "Basic " + base64.b64encode(b"lms:a long password").decode()}


def test_a_statement_of_a_course_that_was_passed():
    report = read_one("xapi", STATEMENT)
    assert (report.kind, report.activity, report.course) == (Kind.PASSED, None, Course(f"{SITE}/course/MC-DETH-01"))
    assert report.learner.ids == (Identifier(IdKind.SIS, "sis", "S1234567"),)
    assert (report.outcome.score.percent, report.outcome.passed) == (Decimal(91), True)
    assert report.event_id == STATEMENT["id"]
    assert report.occurred_at == datetime(2026, 11, 23, 12, 41, 47, tzinfo=UTC)


def test_the_same_statement_forwarded_twice_is_one():
    first, again = read_one("xapi", STATEMENT), read_one("xapi", changed(STATEMENT, stored="2026-11-23T12:49:03Z"))
    assert (first.event_id, first.digest) == (again.event_id, again.digest)
    other = read_one("xapi", changed(STATEMENT, result__score__raw=20))
    assert other.event_id == first.event_id
    assert other.digest != first.digest


def test_moodles_batch_tells_course_and_activity_apart():
    course, activity = read_all("xapi", LOGSTORE, options={"account": "lms"})
    assert (course.kind, course.activity) == (Kind.COMPLETED, None)
    assert course.course == Course(f"{SITE}/course/view.php?id=2", code="MC-DETH-01", version="2")
    assert (activity.kind, activity.activity) == (Kind.PASSED, f"{SITE}/mod/assign/view.php?id=2")
    assert activity.course.id == course.course.id
    assert course.learner.ids == (Identifier(IdKind.LMS, SITE, "3"),)
    assert course.event_id == f"sha256:{course.digest.hex()}"
    assert course.event_id != activity.event_id


def test_the_recorded_batch_and_the_recorded_repetition(shared):
    batch = json.loads((shared / "samples/lms/moodle/xapi-batch-logstore.json").read_bytes())
    reports = read_all("xapi", batch["body"], options={"account": "lms"})
    assert [(one.kind, one.activity is None) for one in reports] == [(Kind.COMPLETED, True), (Kind.PASSED, False)]
    lines = (shared / "samples/lms/xapi/lrs-forward-same-id-twice.jsonl").read_text().splitlines()
    first, second = (read_one("xapi", json.loads(line)["body"]) for line in lines)
    assert (first.event_id, first.digest, first.emitted_at) != (second.event_id, second.digest, second.emitted_at)
    assert (first.event_id, first.digest) == (second.event_id, second.digest)


@pytest.mark.parametrize(
    ("verb", "result", "kind"),
    [
        ("completed", None, Kind.COMPLETED),
        ("completed", {"success": True}, Kind.PASSED),
        ("completed", {"success": False}, Kind.FAILED),
        ("completed", {"completion": False}, Kind.IGNORED),
        ("passed", None, Kind.PASSED),
        ("mastered", {"success": True}, Kind.PASSED),
        ("passed", {"success": False}, Kind.IGNORED),
        ("failed", {"success": True}, Kind.IGNORED),
        ("failed", {"completion": False, "success": False}, Kind.FAILED),
        ("scored", {"score": {"scaled": 0.5}}, Kind.GRADED),
        ("scored", None, Kind.IGNORED),
        ("attempted", {"success": True}, Kind.IGNORED),
    ],
)
def test_verbs_and_results(verb, result, kind):
    statement = changed(STATEMENT, verb__id=VERBS + verb, result=result)
    report = read_one("xapi", statement)
    assert report.kind is kind
    assert bool(report.reason) == (kind is Kind.IGNORED)


@pytest.mark.parametrize(
    ("score", "percent"),
    [
        ({"scaled": 0.91}, Decimal(91)),
        ({"scaled": -0.5}, Decimal(0)),
        ({"raw": 15, "min": 10, "max": 20}, Decimal(50)),
        ({"raw": 15, "scaled": 0.3}, Decimal(30)),
        ({"raw": 15}, None),
        ({"raw": 0, "min": 0, "max": 0}, None),
    ],
)
def test_scores(score, percent):
    assert read_one("xapi", changed(STATEMENT, result__score=score)).outcome.score.percent == percent


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"actor": ...}, "actor"),
        ({"actor": {"name": "Ada"}}, "actor"),
        ({"actor": {"mbox_sha1sum": "ab"}}, "actor"),
        ({"actor": {"mbox": "ada@example.test"}}, "actor"),
        ({"actor__account__name": ""}, "actor.account.name"),
        ({"actor__account__homePage": ...}, "actor.account.homePage"),
        ({"verb": {}}, "verb.id"),
        ({"object": "course"}, "object"),
        ({"id": "not-a-uuid"}, "id"),
        ({"timestamp": "2026-11-23"}, "timestamp"),
        ({"result__score__scaled": 91}, "result.score.scaled"),
        ({"result__score__raw": 101}, "result.score.raw"),
        ({"result__score__raw": "A"}, "result.score.raw"),
        ({"result__success": "true"}, "result.success"),
    ],
)
def test_a_wrong_field_is_named_also_in_a_batch(changes, path):
    with pytest.raises(FieldError) as caught:
        read_all("xapi", [STATEMENT, changed(STATEMENT, **changes)])
    assert caught.value.path == f"[1].{path}"


def test_actors():
    by_mail = read_one("xapi", changed(STATEMENT, actor={"mbox": "mailto:ada@example.test", "name": "Ada"}))
    assert by_mail.learner.ids == (Identifier(IdKind.EMAIL, "", "ada@example.test"),)
    assert read_one("xapi", changed(STATEMENT, actor={"objectType": "Group"})).kind is Kind.IGNORED
    named = read_one("xapi", STATEMENT, options={"account": "username"})
    assert named.learner.ids == (Identifier(IdKind.USERNAME, SITE, "S1234567"),)
    for setting in ("", "email"):
        with pytest.raises(SettingsError, match="account"):
            read_one("xapi", STATEMENT, options={"account": setting})
    with pytest.raises(FieldError, match="names no learner"):
        read_one("xapi", STATEMENT, sis="")


def test_ids_of_two_platforms_in_one_store_are_not_mixed():
    other = read_one(
        "xapi", changed(STATEMENT, actor__account__homePage="https://b.example/"), options={"account": "lms"}
    )
    assert other.learner.ids[0].namespace == "https://b.example"


def test_a_voided_statement_drops_out():
    passed = read_one("xapi", STATEMENT)
    voiding = {
        "id": "11111111-e31f-49a3-8add-d5a5b165ac74",
        "actor": {"mbox": "mailto:admin@uni.example"},
        "verb": {"id": VOIDED},
        "object": {"objectType": "StatementRef", "id": STATEMENT["id"].upper()},
    }
    report = read_one("xapi", voiding)
    assert (report.kind, report.voids, report.learner) == (Kind.WITHDRAWN, STATEMENT["id"], None)
    assert report.occurred_at == NOW
    assert rules.evaluate(Completed(), [passed]).met
    assert not rules.evaluate(Completed(), [report, passed]).met
    with pytest.raises(FieldError, match="StatementRef"):
        read_one("xapi", changed(voiding, object__objectType="Activity"))


def test_arrays_and_single_ones():
    assert read_all("xapi", []) == ()
    for bad in (b"[", b"[1]", b'"x"', b"[{}"):
        with pytest.raises((InvalidError, FieldError)):
            read_all("xapi", bad)


def test_basic_authentication_is_a_hint_unless_the_statement_is_signed():
    verified = ADAPTER.verify(Incoming(dumped(STATEMENT), BASIC), STORE, NOW)
    (report,) = ADAPTER.read(verified, STORE)
    assert (report.origin.verified_by, report.reread) == ("basic:lrs", (Reread.STATEMENT,))
    with pytest.raises(SignatureError):
        ADAPTER.verify(Incoming(dumped(STATEMENT), {}), STORE, NOW)


@pytest.mark.parametrize("version", ["1.0.3", "1.0", "2.0.0", "2.0", ""])
def test_versions(version):
    ADAPTER.verify(Incoming(b"[]", {**BASIC, "x-experience-api-version": version}), STORE, NOW)


@pytest.mark.parametrize("version", ["0.95", "1.1", "3.0.0", "1.0.3.4", "x"])
def test_other_versions(version):
    with pytest.raises(FieldError, match="experience-api-version"):
        ADAPTER.verify(Incoming(b"[]", {**BASIC, "x-experience-api-version": version}), STORE, NOW)


def with_signature(statement, signer=None, signed=None, **header):
    """The statement with a signature attachment, and the token by its hash."""
    text = token(signed or {name: value for name, value in statement.items() if name != "stored"}, signer, **header)
    attachment = {"usageType": SIGNATURE, "sha2": sha256(text).hex(), "contentType": "application/octet-stream"}
    return {**statement, "attachments": [attachment]}, {sha256(text).hex(): text}


def multipart(statement, files) -> Incoming:
    parts = [b"Content-Type: application/json\r\n\r\n" + dumped(statement)]
    parts += [
        b"Content-Type: application/octet-stream\r\nX-Experience-API-Hash: x\r\n\r\n" + one for one in files.values()
    ]
    body = b"".join(b"--xyz\r\n" + part + b"\r\n" for part in parts) + b"--xyz--\r\n"
    return Incoming(body, {**BASIC, "content-type": 'multipart/mixed; boundary="xyz"'})


def signing(**options: str):
    signer = rsa_signer()
    return replace(STORE, keys={"2026-11": signer.public}, options={**STORE.options, **options})


def test_a_signed_statement_from_end_to_end():
    statement, files = with_signature(STATEMENT, x5c=["bm90IGxvb2tlZCBhdA=="])
    to = signing(signatures="required")
    (report,) = ADAPTER.read(ADAPTER.verify(multipart(statement, files), to, NOW), to)
    assert (report.kind, report.origin.verified_by, report.origin.integrity) == (Kind.PASSED, "jws:2026-11", True)
    assert report.reread == ()
    assert report.digest == read_one("xapi", STATEMENT).digest


def test_what_a_store_adds_need_not_be_signed_and_nothing_else():
    bare = {name: STATEMENT[name] for name in ("actor", "verb", "object", "result")}
    statement, files = with_signature(STATEMENT, signed=bare)
    ADAPTER.read(replace(proved(statement, "xapi"), parts=files), signing())
    for left_out in ("result", "object", "actor"):
        less = {name: value for name, value in bare.items() if name != left_out}
        statement, files = with_signature(STATEMENT, signed=less)
        with pytest.raises(SignatureError, match="another statement"):
            ADAPTER.read(replace(proved(statement, "xapi"), parts=files), signing())


def test_signatures_that_are_wrong_or_missing():
    with pytest.raises(SignatureError, match="not signed"):
        ADAPTER.read(proved(STATEMENT, "xapi"), signing(signatures="required"))
    statement, files = with_signature(STATEMENT, rsa_signer("2026-12"))
    with pytest.raises(SignatureError, match="does not know"):
        ADAPTER.read(replace(proved(statement, "xapi"), parts=files), signing())
    statement, files = with_signature(STATEMENT)
    changed_after = changed(statement, result__score__raw=99)
    with pytest.raises(SignatureError, match="another statement"):
        ADAPTER.read(replace(proved(changed_after, "xapi"), parts=files), signing())
    with pytest.raises(FieldError, match="sha2"):
        ADAPTER.read(proved(statement, "xapi"), signing())
    twice = {**statement, "attachments": statement["attachments"] * 2}
    with pytest.raises(FieldError, match="at most one"):
        ADAPTER.read(replace(proved(twice, "xapi"), parts=files), signing())


@pytest.mark.parametrize(
    "body",
    [b"", b"--xyz--\r\n", b"--xyz\r\n\r\n{}", b"--xyz\r\nno end of headers--xyz--", b"--xyz\r\nA: b\r\n--xyz--\r\n"],
)
def test_a_multipart_body_that_is_broken(body):
    incoming = Incoming(body, {**BASIC, "content-type": "multipart/mixed; boundary=xyz"})
    with pytest.raises(InvalidError):
        ADAPTER.verify(incoming, STORE, NOW)


def test_multipart_has_limits_and_one_kind():
    many = b"--xyz\r\n\r\n\r\n\r\n" * 300 + b"--xyz--"
    with pytest.raises(InvalidError, match="more than 200"):
        ADAPTER.verify(Incoming(many, {**BASIC, "content-type": "multipart/mixed; boundary=xyz"}), STORE, NOW)
    for kind in ("multipart/form-data; boundary=xyz", "multipart/mixed", 'multipart/mixed; boundary=""'):
        with pytest.raises(InvalidError, match="boundary"):
            ADAPTER.verify(Incoming(b"", {**BASIC, "content-type": kind}), STORE, NOW)
