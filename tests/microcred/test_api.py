"""The issuer's API as an LMS and a registrar use it."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from microcred.samples import Sample
from tests.microcred.conftest import Clock
from tests.verifier.web_client import Client
from verifier.web.headers import HEADERS

REPORT: dict[str, Any] = {
    "source": "moodle:https://lms.example.edu",
    "sourceId": "1",
    "definition": {"id": "data-ethics-foundations"},
    "learner": {"id": "N1", "name": "Zoë Ångström", "email": "zoe@example.edu"},
    "completedAt": "2026-03-31T10:00:00Z",
    "result": [{"resultDescription": "grade", "value": "87"}],
}


class Api:
    """Sends requests with the sample's token."""

    def __init__(self, client: Client, token: str) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {token}"}

    def report(self, **changes: Any) -> httpx.Response:
        return self.post("/completions", {**REPORT, **changes})

    def post(self, path: str, body: Any) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self._client.post(path, content=content, headers=self._headers)

    def get(self, path: str) -> httpx.Response:
        return self._client.get(path, headers=self._headers)


@pytest.fixture
def api(client: Client, sample: Sample) -> Api:
    return Api(client, sample.token)


def test_a_completion_becomes_a_credential_that_verifies(api: Api, client: Client) -> None:
    answer = api.report()
    assert answer.status_code == 201
    body = answer.json()
    assert body["completion"]["state"] == "issued"
    url = body["credential"]["url"]
    document = client.get(url + ".json")
    assert document.json()["id"] == url
    assert document.headers["content-type"].startswith("application/vc+ld+json")
    for form in (".json", ".jwt", ".png", ".svg"):
        badge = client.get(url + form)
        report = client.post("/verify", files={"file": ("badge", badge.content)}).json()
        assert (form, report["verdict"]) == (form, "valid")
    assert client.get(url, headers={"Accept": "text/html"}).status_code == 200


def test_the_same_report_again_gives_the_same_answer(api: Api) -> None:
    first = api.report()
    again = api.report()
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()


def test_other_content_under_the_same_source_id_is_a_conflict(api: Api) -> None:
    api.report()
    answer = api.report(completedAt="2026-04-01T10:00:00Z")
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_second_source_gets_the_credential_that_is_there(api: Api) -> None:
    first = api.report().json()
    other = api.report(source="canvas:https://canvas.example.edu", sourceId="77")
    assert other.json()["credential"] == first["credential"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"definition": {"id": "nothing-like-this"}}, "definition.id"),
        ({"definition": {"id": "data-ethics-foundations", "version": "9"}}, "definition.version"),
        ({"learner": {"id": "N1"}}, "learner.name"),
        ({"learner": {"id": "N1", "name": "A", "email": "nobody"}}, "learner.email"),
        ({"completedAt": "yesterday"}, "completedAt"),
        ({"completedAt": "2031-01-01T00:00:00Z"}, "completedAt"),
        ({"result": [{"resultDescription": "charm", "value": "1"}]}, "result[0].resultDescription"),
        ({"result": [{"name": "Charm", "value": "1"}]}, "result[0].name"),
        ({"result": [{"resultDescription": "recognise", "value": "1"}]}, "result[0].status"),
        ({"result": [{"resultDescription": "grade", "value": 87}]}, "result[0].value"),
        ({"evidence": [{"id": "javascript:alert(1)"}]}, "evidence[0].id"),
        ({"surprise": 1}, "surprise"),
        ({"sourceId": ""}, "sourceId"),
    ],
)
def test_bad_input_names_the_field_and_leaves_nothing(api: Api, changes: dict[str, Any], field: str) -> None:
    answer = api.report(**changes)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert api.get("/completions").json() == {"completions": []}


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 400), (b"{", 400), (b"[]", 400), (b'{"a":1,"a":2}', 400), (b"\xff", 400), (b" " * 300_000, 413)],
)
def test_a_body_that_is_no_json_object_is_refused(api: Api, body: bytes, status: int) -> None:
    answer = api.post("/completions", body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_completion_of_a_draft_waits_and_is_issued_after_the_approval(api: Api) -> None:
    held = api.report(definition={"id": "coaching-clinical-teams"}, result=[])
    assert (held.status_code, held.json()["completion"]["state"]) == (202, "held")
    assert held.json()["completion"]["reason"]["code"] == "definition-not-approved"
    approval = {"decision": "AB-2026-31", "effectiveFrom": "2026-01-01T00:00:00Z"}
    answer = api.post("/definitions/coaching-clinical-teams/versions/1/approvals", approval)
    assert (answer.status_code, answer.json()["state"]) == (201, "approved")
    again = api.report(definition={"id": "coaching-clinical-teams"}, result=[])
    assert (again.status_code, again.json()["completion"]["state"]) == (200, "issued")
    assert again.json()["credential"]["url"]


def test_the_author_cannot_approve(api: Api, sample: Sample) -> None:
    content = sample.service.definition("coaching-clinical-teams", "1").definition.to_json()
    assert api.post("/definitions", {**content, "version": "2"}).status_code == 201
    answer = api.post("/definitions/coaching-clinical-teams/versions/2/approvals", {"decision": "AB-1"})
    assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")


def test_an_approved_version_never_changes(api: Api, sample: Sample) -> None:
    content = sample.service.definition("data-ethics-foundations", "1").definition.to_json()
    assert api.post("/definitions", content).status_code == 200
    assert api.post("/definitions", {**content, "name": "Another name"}).status_code == 409


def test_revoking_shows_at_once(api: Api, client: Client) -> None:
    url = api.report().json()["credential"]["url"]
    document = client.get(url + ".json").content
    identifier = url.rpartition("/")[2]
    for _ in range(2):
        answer = api.post(f"/credentials/{identifier}/revocation", {"reason": "Graded by mistake."})
        assert (answer.status_code, answer.json()["revoked"]) == (200, True)
    report = client.post("/verify", content=document, headers={"Content-Type": "application/json"}).json()
    assert report["verdict"] == "invalid"
    status = next(check for check in report["authenticity"]["checks"] if check["id"] == "status")
    assert (status["outcome"], status["problem"]) == ("failed", "REVOKED")


def test_status_list_and_did_document_are_cacheable_and_readable_from_any_origin(api: Api, client: Client) -> None:
    url = api.report().json()["credential"]["url"]
    entry = client.get(url + ".json").json()["credentialStatus"]
    for address in (entry["statusListCredential"], "/.well-known/did.json"):
        answer = client.get(address)
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "max-age" in answer.headers["cache-control"]
        again = client.get(address, headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304


def test_a_status_list_is_signed_again_before_it_gets_old(api: Api, client: Client, clock: Clock) -> None:
    url = api.report().json()["credential"]["url"]
    address = client.get(url + ".json").json()["credentialStatus"]["statusListCredential"]
    first = client.get(address).json()
    clock.forward(days=2)
    second = client.get(address).json()
    assert second["validFrom"] > first["validFrom"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/completions"),
        ("GET", "/completions"),
        ("GET", "/completions/01a20fbc-1fde-7e3d-a766-adf6bcc8d886"),
        ("POST", "/definitions"),
        ("GET", "/definitions"),
        ("POST", "/definitions/a/versions/1/approvals"),
        ("POST", "/definitions/a/versions/1/retirement"),
        ("GET", "/credentials"),
        ("POST", "/credentials/AAAAAAAAAAAAAAAAAAAAAA/revocation"),
    ],
)
def test_nothing_is_done_without_a_token(client: Client, method: str, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer mc_" + "A" * 43}, {"Authorization": "Basic eDp5"}):
        answer = client.request(method, path, headers=headers, content=b"{}")
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="microcred"')


def test_a_token_without_the_scope_is_refused(client: Client, sample: Sample, clock: Clock) -> None:
    from issuer import auth

    with sample.service.database.begin_write(sample.service.institution.id) as tx:
        reader = auth.create(tx, "reader", ["completions:read"], "test", clock.now)
    api = Api(client, reader.secret)
    assert api.report().status_code == 403
    assert api.get("/completions").status_code == 200


def test_completions_are_listed_in_pages(api: Api, clock: Clock) -> None:
    for number in range(3):
        clock.forward(seconds=1)
        api.report(sourceId=str(number), learner={"id": f"N{number}", "name": "A"}, result=[])
    first = api.get("/completions?limit=2&state=issued").json()["completions"]
    assert [item["completion"]["sourceId"] for item in first] == ["0", "1"]
    rest = api.get(f"/completions?after={first[-1]['completion']['id']}").json()["completions"]
    assert [item["completion"]["sourceId"] for item in rest] == ["2"]
    assert api.get("/completions?state=eaten").status_code == 422
    assert api.get("/completions?limit=0").status_code == 422
    assert api.get("/completions/not-an-id").status_code == 422


def test_an_unknown_address_is_a_problem_document(client: Client) -> None:
    for path in ("/nothing", "/credentials/AAAAAAAAAAAAAAAAAAAAAA", "/achievements/a/v/1", "/credentials/x.exe"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    unknown = client.get("/status/01a20fbc-1fde-7e3d-a766-adf6bcc8d886")
    assert unknown.status_code == 404
    assert client.get("/status/1").status_code in (404, 422)


def test_reports_have_the_headers_of_every_other_answer(api: Api, client: Client) -> None:
    answers = (api.report(), api.report(surprise=1), client.post("/completions"), api.get("/completions"))
    assert [answer.status_code for answer in answers] == [201, 422, 401, 200]
    for answer in answers:
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
        assert len(answer.headers.get_list("x-frame-options")) == 1


def test_a_defect_is_answered_without_the_inside(api: Api, sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Any) -> Any:
        raise ZeroDivisionError("secret of the inside")

    monkeypatch.setattr(sample.service.reports, "_work", broken)
    answer = api.report()
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.headers.get_list("x-frame-options") == [HEADERS["X-Frame-Options"]]
