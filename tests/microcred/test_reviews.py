"""Withdrawals and conflicts as a learning platform and a registrar meet them: over HTTP and on the command line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from issuer import auth
from microcred.samples import Sample
from tests.microcred.conftest import Clock, Console
from tests.microcred.test_api import REPORT, Api
from tests.verifier.web_client import Client

WITHDRAWAL = {
    "source": REPORT["source"],
    "sourceId": REPORT["sourceId"],
    "definition": REPORT["definition"],
    "learner": {"id": "N1"},
    "withdrawnAt": "2026-04-01T10:00:00Z",
}


@pytest.fixture
def api(client: Client, sample: Sample) -> Api:
    return Api(client, sample.token)


def verdict(client: Client, url: str) -> Any:
    document = client.get(url + ".json").content
    return client.post("/verify", content=document, headers={"Content-Type": "application/json"}).json()["verdict"]


def test_a_withdrawal_waits_until_a_person_accepts_it(api: Api, client: Client) -> None:
    url = api.report().json()["credential"]["url"]
    answer = api.post("/completions/withdrawals", WITHDRAWAL)
    assert answer.status_code == 202
    review = answer.json()["review"]
    assert (review["kind"], review["state"], review["report"]) == ("withdrawal", "open", WITHDRAWAL)
    assert verdict(client, url) == "valid"
    assert api.get("/reviews").json() == {"reviews": [review]}
    decision = {"decision": "accepted", "note": "Graded by mistake."}
    settled = api.post(f"/reviews/{review['id']}/decision", decision)
    assert (settled.status_code, settled.json()["review"]["state"]) == (200, "accepted")
    assert verdict(client, url) == "invalid"
    assert api.post(f"/reviews/{review['id']}/decision", decision).status_code == 409
    assert api.post("/completions/withdrawals", WITHDRAWAL).status_code == 200
    assert api.get("/reviews").json() == {"reviews": []}
    assert api.get(f"/reviews/{review['id']}").json()["review"]["settledBy"] == "sample"
    assert api.report().json()["completion"]["state"] == "withdrawn"


def test_a_conflict_is_kept_for_a_person(api: Api) -> None:
    api.report()
    assert api.report(completedAt="2026-04-01T10:00:00Z").status_code == 409
    (review,) = api.get("/reviews").json()["reviews"]
    assert (review["kind"], review["report"]["completedAt"]) == ("conflict", "2026-04-01T10:00:00Z")


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/completions/withdrawals", {**WITHDRAWAL, "definition": {"id": "unknown"}}, 422),
        ("POST", "/completions/withdrawals", b"{", 400),
        ("GET", "/reviews?state=eaten", None, 422),
        ("GET", "/reviews?after=1", None, 422),
        ("GET", "/reviews/01a20fbc-1fde-7e3d-a766-adf6bcc8d886", None, 404),
        ("POST", "/reviews/01a20fbc-1fde-7e3d-a766-adf6bcc8d886/decision", {"decision": "open", "note": "x"}, 422),
        ("POST", "/reviews/01a20fbc-1fde-7e3d-a766-adf6bcc8d886/decision", {"decision": "accepted", "note": "x"}, 404),
    ],
)
def test_what_is_refused(api: Api, method: str, path: str, body: Any, status: int) -> None:
    answer = api.get(path) if method == "GET" else api.post(path, body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_each_step_needs_its_right(client: Client, sample: Sample, clock: Clock) -> None:
    with sample.service.database.begin_write(sample.service.institution.id) as tx:
        reporter = auth.create(tx, "lms", ["completions:write"], "test", clock.now)
    api = Api(client, reporter.secret)
    review = api.post("/completions/withdrawals", WITHDRAWAL).json()["review"]
    assert api.get("/reviews").status_code == 403
    assert api.post(f"/reviews/{review['id']}/decision", {"decision": "accepted", "note": "x"}).status_code == 403
    assert client.get("/reviews").status_code == 401


def test_the_command(api: Api, console: Console) -> None:
    api.report()
    first = api.post("/completions/withdrawals", WITHDRAWAL).json()["review"]["id"]
    second = api.post("/completions/withdrawals", {**WITHDRAWAL, "reason": "again"}).json()["review"]["id"]
    assert console("reviews", "list") == 0
    assert first in console.out.getvalue()
    assert console("reviews", "dismiss", first, "--note", "An error.", "--by", "office") == 0
    assert console("reviews", "accept", second, "--note", "Right.", "--by", "office") == 0
    assert console.out.getvalue() == "Withdrawal accepted.\n"
    assert console("reviews", "list", "--state", "accepted", "--json") == 0
    assert [item["id"] for item in json.loads(console.out.getvalue())] == [second]
    assert console("reviews", "accept", second, "--note", "Right.") == 1
    assert "accepted by office" in console.err.getvalue()
