"""The door for messages: what is not proved is refused, what is proved is on disk before it is answered, once."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from issuer.lms.connection import Secret
from issuer.lms_work.sealing import Vault
from microcred.sample_platforms import PLATFORMS
from tests.microcred.conftest import START
from tests.microcred.platforms.conftest import ADA, Campus, moodle, webhook

STATEMENT: dict[str, Any] = {
    "id": "907cd891-e31f-49a3-8add-d5a5b165ac74",
    "actor": {"account": {"homePage": "https://lrs.northbridge.example", "name": ADA.number}, "name": ADA.name},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/passed"},
    "object": {
        "id": PLATFORMS["xapi"].course,
        "definition": {"type": "http://adlnet.gov/expapi/activities/course"},
    },
    "timestamp": "2026-11-24T11:00:00Z",
}


def basic(campus: Campus) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(campus.connection("xapi").secrets[0].value).decode()}


def test_a_message_becomes_a_credential(campus: Campus) -> None:
    answer = campus.moodle()
    assert (answer.status_code, answer.json()["known"]) == (202, False)
    assert campus.count("lms_message") == campus.count("lms_report") == 1
    assert campus.count("credential") == 0
    assert campus.platforms.drain() == 1
    assert campus.count("credential") == 1
    assert campus.states() == [("awarded", None)]


def test_a_retry_is_signed_anew_and_changes_nothing(campus: Campus) -> None:
    campus.moodle()
    campus.clock.forward(days=3)
    again = campus.moodle()
    assert (again.status_code, again.json()["known"]) == (202, True)
    campus.platforms.drain()
    campus.moodle()
    assert (campus.platforms.drain(), campus.count("credential"), campus.count("lms_report")) == (0, 1, 1)


def test_iss_001_no_proof_no_report(campus: Campus) -> None:
    body = json.dumps(moodle()).encode()
    other = campus.connection("webhook").secrets[0]
    refused = [
        campus.client.post("/lms/moodle", content=body),
        campus.post("moodle", body, secret=Secret("x", b"a wrong secret of 32 bytes length")),
        campus.post("moodle", body, secret=other),
        campus.post("moodle", body, signed=json.dumps(moodle(), indent=1).encode()),
        campus.client.post("/lms/moodle", content=body, headers={"webhook-signature": "v1,"}),
        campus.client.post("/lms/xapi/xapi/statements", content=b"[]"),
        campus.client.post("/lms/xapi/xapi/statements", content=b"[]", headers={"Authorization": "Basic Og=="}),
        campus.client.post("/lms/caliper/caliper", content=b"{}", headers={"Authorization": "Bearer "}),
        campus.client.post("/lms/canvas", content=body),
    ]
    assert {answer.status_code for answer in refused} == {401}
    assert {answer.json()["code"] for answer in refused} == {"BAD_SIGNATURE"}
    assert campus.count("lms_message") == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"webhook-id": "m-1", "webhook-signature": "v1,AAAA"},
        {"webhook-id": "m-1", "webhook-signature": "v1,AAAA", "webhook-timestamp": "soon"},
        {"webhook-id": "m-1", "webhook-signature": "v1,AAAA", "webhook-timestamp": "1e9"},
    ],
)
@pytest.mark.databases("sqlite")
def test_iss_003_a_time_that_is_none(campus: Campus, headers: dict[str, str]) -> None:
    assert campus.client.post("/lms/moodle", content=b"{}", headers=headers).status_code == 401


@pytest.mark.parametrize("minutes", [-6, 6])
@pytest.mark.databases("sqlite")
def test_iss_003_an_old_signature_and_one_of_the_future(campus: Campus, minutes: int) -> None:
    at = START + timedelta(minutes=minutes)
    assert campus.post("moodle", moodle(), at=at).status_code == 401
    assert campus.count("lms_message") == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b'{"a": 1, "a": 2}', 400),
        (b"[1]", 400),
        (moodle(courseid=None), 422),
        (moodle(relateduserid=None), 422),
        (moodle(timecreated="yesterday"), 422),
        (moodle(eventname=r"\core\event\user_graded", other={"itemid": 9, "finalgrade": "good"}), 422),
        (moodle(user={"id": "999"}), 422),
        ({**moodle(), "source": "https://other.example"}, 422),
    ],
)
@pytest.mark.databases("sqlite")
def test_what_is_proved_and_cannot_be_read_is_kept_with_the_reason(campus: Campus, body: Any, status: int) -> None:
    answer = campus.post("moodle", body)
    assert answer.status_code == status
    assert answer.json()["detail"]
    (kept,) = campus.platforms.refused()
    assert kept.reason == answer.json()["detail"]
    assert (campus.count("lms_report"), campus.platforms.drain()) == (0, 0)


def test_another_report_under_the_same_name_is_a_case(campus: Campus) -> None:
    campus.moodle()
    answer = campus.moodle(objectid="2")
    assert (answer.status_code, answer.json()["code"]) == (409, "CONFLICT")
    assert campus.moodle(objectid="2").status_code == 409
    (case,) = campus.platforms.cases()
    assert (case.kind, campus.count("lms_report"), campus.count("lms_message")) == ("conflict", 1, 2)
    campus.platforms.settle(case.id, "Moodle was restored from a backup; the first one is right.", "registrar")
    assert campus.platforms.cases() == ()


@pytest.mark.databases("sqlite")
def test_addresses_that_lead_nowhere(campus: Campus) -> None:
    assert campus.client.post("/lms/nobody", content=b"{}").status_code == 404
    assert campus.client.post("/lms/table", content=b"{}").status_code == 404
    campus.platforms.connections.remove("moodle", "tests")
    assert campus.client.post("/lms/moodle", content=b"{}").status_code == 404


@pytest.mark.databases("sqlite")
def test_a_body_that_is_too_long_is_refused_before_it_is_read(campus: Campus) -> None:
    assert campus.post("moodle", b" " * (1024 * 1024 + 1)).status_code == 413


def test_a_store_forwards_statements(campus: Campus) -> None:
    door, headers = "/lms/xapi/xapi/statements", basic(campus)
    unnamed = {**STATEMENT, "verb": {"id": "http://adlnet.gov/expapi/verbs/attended"}}
    del unnamed["id"]
    first = campus.client.post(door, json=[STATEMENT, unnamed], headers=headers)
    assert first.status_code == 200
    assert first.json()[0] == STATEMENT["id"]
    assert campus.client.post(door, json=[STATEMENT, unnamed], headers=headers).json() == first.json()
    stored = {**STATEMENT, "stored": "2026-11-24T11:01:00Z"}
    put = campus.client.request("PUT", door, params={"statementId": STATEMENT["id"]}, json=stored, headers=headers)
    assert put.status_code == 204
    assert campus.client.request("PUT", door, json=stored, headers=headers).status_code == 204
    campus.platforms.drain()
    assert (campus.count("credential"), campus.count("lms_report")) == (1, 2)


@pytest.mark.databases("sqlite")
def test_a_statement_that_comes_back_changed_is_a_conflict(campus: Campus) -> None:
    door, headers = "/lms/xapi/xapi/statements", basic(campus)
    campus.client.post(door, json=STATEMENT, headers=headers)
    changed = {**STATEMENT, "result": {"success": True}}
    assert campus.client.post(door, json=changed, headers=headers).status_code == 409
    wrong = campus.client.request("PUT", door, params={"statementId": "x"}, json=STATEMENT, headers=headers)
    assert wrong.status_code == 422
    del changed["id"]
    assert campus.client.request("PUT", door, json=changed, headers=headers).status_code == 422
    assert campus.client.get("/lms/xapi/xapi/about").json()["version"] == ["1.0.3", "2.0.0"]


def test_a_long_message_is_read_after_the_answer(campus: Campus) -> None:
    many = [
        {**STATEMENT, "id": f"907cd891-e31f-49a3-8add-{number:012d}", "context": {"extensions": {"x": "y" * 900}}}
        for number in range(300)
    ]
    answer = campus.client.post("/lms/xapi/xapi/statements", json=many, headers=basic(campus))
    assert (answer.status_code, campus.count("lms_report")) == (200, 0)
    campus.platforms.drain()
    assert (campus.count("lms_report"), campus.count("credential")) == (300, 1)


@pytest.mark.databases("sqlite")
def test_a_long_message_that_cannot_be_read_is_kept(campus: Campus) -> None:
    many = [{**STATEMENT, "timestamp": "x" * 900} for _ in range(300)]
    assert campus.client.post("/lms/xapi/xapi/statements", json=many, headers=basic(campus)).status_code == 200
    campus.platforms.drain()
    (kept,) = campus.platforms.refused()
    assert kept.reason
    assert kept.reason.startswith("[0].timestamp")


@pytest.mark.databases("sqlite")
def test_what_is_held_is_shown_to_those_who_may_see_it(campus: Campus, sample: Any) -> None:
    campus.post("webhook", webhook(course={"id": "unknown"}))
    campus.platforms.drain()
    assert campus.client.get("/lms/reports").status_code == 401
    answer = campus.client.get("/lms/reports", headers={"Authorization": f"Bearer {sample.token}"})
    (report,) = answer.json()["reports"]
    assert report["reason"]["code"] == "course-not-bound"
    assert ADA.name not in answer.text


@pytest.mark.databases("sqlite")
def test_no_secret_is_kept_with_a_message_or_in_the_open(campus: Campus) -> None:
    campus.client.post("/lms/xapi/xapi/statements", json=STATEMENT, headers=basic(campus))
    campus.moodle()
    service = campus.platforms.service
    secrets = [campus.connection(name).secrets[0].value.decode() for name in ("xapi", "moodle")]
    with service.database.begin_read(service.institution.id) as tx:
        for table in ("lms_message", "lms_connection", "lms_report", "audit"):
            rows = str(tx.connection.exec_driver_sql(f"SELECT * FROM {table}").all())
            assert not any(secret in rows for secret in secrets)


@pytest.mark.databases("sqlite")
def test_connections_are_opened_before_the_first_message(campus: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    campus.platforms.begin()
    campus.platforms._opener.join()

    def closed(*_: Any) -> None:
        raise AssertionError("a message waited for a secret to be opened")

    monkeypatch.setattr(Vault, "open", closed)
    assert campus.moodle().status_code == 202
    assert campus.post("webhook", webhook()).status_code == 202


def test_a_connection_that_does_not_open_keeps_no_other_one_shut(
    campus: Campus, caplog: pytest.LogCaptureFixture
) -> None:
    connections = campus.platforms.connections
    damaged, *others = connections.every()
    connections._change(damaged, "tests", "connection.reseal", sealed=others[0].sealed)
    connections._open.clear()
    campus.platforms.begin()
    campus.platforms.end()
    assert connections._open.keys() == {record.id for record in others}
    assert f"the connection {damaged.name} could not be opened" in caplog.text
