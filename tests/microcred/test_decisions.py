"""Revoking, suspending and reinstating over HTTP and on the command line, and what everybody sees of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from issuer.web.decisions import MAX_AT_ONCE, MAX_REASON
from microcred.cli import doctor_status
from microcred.samples import Sample
from tests.microcred.conftest import Clock, Console
from tests.microcred.test_api import Api
from tests.verifier.web_client import Client

BECAUSE = {"reason": "The thesis is under review."}


@pytest.fixture
def api(client: Client, sample: Sample) -> Api:
    return Api(client, sample.token)


@pytest.fixture
def urls(api: Api) -> list[str]:
    """Addresses of three credentials."""
    found = [api.report(sourceId=str(number), occurrence=str(number)) for number in range(3)]
    return [answer.json()["credential"]["url"] for answer in found]


def name_of(url: str) -> str:
    return url.rpartition("/")[2]


def checked(client: Client, url: str) -> dict[str, Any]:
    """The check of the status, and the verdict, by our own verifier over HTTP."""
    document = client.get(url + ".json").content
    report = client.post("/verify", content=document, headers={"Content-Type": "application/json"}).json()
    status = next(check for check in report["authenticity"]["checks"] if check["id"] == "status")
    return {**status, "verdict": report["verdict"]}


def test_a_suspension_is_seen_at_once_and_so_is_its_end(api: Api, client: Client, urls: list[str]) -> None:
    url = urls[0]
    answer = api.post(f"/credentials/{name_of(url)}/suspension", BECAUSE)
    expected = {"credential": name_of(url), "state": "suspended", "revoked": False, **BECAUSE, "published": True}
    assert answer.status_code == 200
    assert expected.items() <= answer.json().items()
    found = checked(client, url)
    assert (found["verdict"], found["problem"]) == ("invalid", "SUSPENDED")
    assert "it may be again later" in found["detail"]
    assert checked(client, urls[1])["verdict"] == "valid"
    answer = api.post(f"/credentials/{name_of(url)}/reinstatement", {"reason": "All is well."})
    assert answer.json()["state"] == "reinstated"
    assert checked(client, url)["verdict"] == "valid"


def test_delete_lifts_a_suspension_too(api: Api, client: Client, sample: Sample, urls: list[str]) -> None:
    address = f"/credentials/{name_of(urls[0])}/suspension"
    api.post(address, BECAUSE)
    token = {"Authorization": f"Bearer {sample.token}"}
    assert client.request("DELETE", address, headers=token).status_code == 422
    answer = client.request("DELETE", address + "?reason=All+is+well", headers=token)
    assert (answer.status_code, answer.json()["reason"]) == (200, "All is well")
    assert checked(client, urls[0])["verdict"] == "valid"


def test_after_a_revocation_nothing_else_can_be_decided(api: Api, client: Client, urls: list[str]) -> None:
    name = name_of(urls[0])
    api.post(f"/credentials/{name}/suspension", BECAUSE)
    assert api.post(f"/credentials/{name}/revocation", {"reason": "It was copied."}).json()["revoked"] is True
    for what in ("suspension", "reinstatement"):
        answer = api.post(f"/credentials/{name}/{what}", BECAUSE)
        assert (answer.status_code, answer.json()["code"]) == (409, "STATE_ERROR")
    assert checked(client, urls[0])["problem"] == "REVOKED"
    assert api.post(f"/credentials/{name_of(urls[1])}/reinstatement", BECAUSE).status_code == 409


def test_the_history_keeps_who_why_and_when(api: Api, client: Client, urls: list[str], clock: Clock) -> None:
    name = name_of(urls[0])
    assert api.get(f"/credentials/{name}/status").json() == {"credential": name, "decisions": []}
    for what in ("suspension", "reinstatement", "revocation"):
        clock.forward(minutes=1)
        api.post(f"/credentials/{name}/{what}", {"reason": f"for {what}"})
    decisions = api.get(f"/credentials/{name}/status").json()["decisions"]
    assert [(item["state"], item["reason"], item["at"][14:16]) for item in decisions] == [
        ("suspended", "for suspension", "01"),
        ("reinstated", "for reinstatement", "02"),
        ("revoked", "for revocation", "03"),
    ]
    assert {item["by"] for item in decisions} == {"sample"}
    assert client.get(f"/credentials/{name}/status").status_code == 401


def test_many_are_revoked_together_or_not_at_all(api: Api, client: Client, urls: list[str]) -> None:
    names = [name_of(url) for url in urls]
    unknown = api.post("/credentials/revocations", {"credentials": [*names, "nobody"], "reason": "A leaked exam."})
    assert unknown.status_code == 404
    assert "nobody" in unknown.json()["detail"]
    assert checked(client, urls[0])["verdict"] == "valid"
    answer = api.post("/credentials/revocations", {"credentials": names, "reason": "A leaked exam."})
    assert [item["credential"] for item in answer.json()["decisions"]] == names
    assert answer.json()["published"] is True
    assert {checked(client, url)["problem"] for url in urls} == {"REVOKED"}


@pytest.mark.parametrize(
    "body",
    [
        {"reason": "x"},
        {"credentials": [], "reason": "x"},
        {"credentials": "a", "reason": "x"},
        {"credentials": ["a", "a"], "reason": "x"},
        {"credentials": [7], "reason": "x"},
        {"credentials": [str(number) for number in range(MAX_AT_ONCE + 1)], "reason": "x"},
        {"credentials": ["a"]},
        {"credentials": ["a"], "reason": "x" * (MAX_REASON + 1)},
        {"credentials": ["a"], "reason": "x", "else": 1},
    ],
)
def test_what_is_not_a_list_of_credentials_with_a_reason_is_refused(api: Api, body: dict[str, Any]) -> None:
    assert api.post("/credentials/revocations", body).status_code == 422


@pytest.mark.parametrize("what", ["revocation", "suspension", "reinstatement", "revocations"])
def test_a_decision_needs_the_right_token(client: Client, what: str) -> None:
    path = f"/credentials/{what}" if what.endswith("s") else f"/credentials/abc/{what}"
    assert client.post(path, content=json.dumps(BECAUSE)).status_code == 401


def test_a_credential_of_nobody_here_is_not_found(api: Api) -> None:
    for what in ("revocation", "suspension", "reinstatement"):
        assert api.post(f"/credentials/AAAAAAAAAAAAAAAAAAAAAA/{what}", BECAUSE).status_code == 404


def test_the_page_says_suspended_with_the_day_and_without_the_reason(
    api: Api, client: Client, urls: list[str], clock: Clock
) -> None:
    clock.forward(days=1)
    api.post(f"/credentials/{name_of(urls[0])}/suspension", BECAUSE)
    text = " ".join(client.get(urls[0], headers={"Accept": "text/html"}).text.split())
    assert "<strong>Suspended</strong>" in text
    assert 'Suspended by the issuer on <time datetime="2026-11-25T12:00:00Z">' in text
    assert "It is genuine" in text
    assert BECAUSE["reason"] not in text


def test_a_suspended_credential_still_has_all_its_forms(api: Api, client: Client, urls: list[str]) -> None:
    api.post(f"/credentials/{name_of(urls[0])}/suspension", BECAUSE)
    assert {client.get(urls[0] + form).status_code for form in (".json", ".jwt", ".png", ".svg")} == {200}


def test_a_suspended_award_is_no_reason_to_issue_it_again(api: Api, urls: list[str]) -> None:
    api.post(f"/credentials/{name_of(urls[0])}/suspension", BECAUSE)
    again = api.report(sourceId="again", occurrence="0")
    assert again.json()["completion"]["reason"]["code"] == "already-awarded"
    assert again.json()["credential"]["url"] == urls[0]


def test_the_command_line_decides_and_shows(console: Console, sample: Sample, client: Client, urls: list[str]) -> None:
    assert console("credentials", "status", urls[0]) == 0
    assert "In force" in console.out.getvalue()
    for verb, word in (("suspend", "Suspended"), ("reinstate", "Reinstated"), ("revoke", "Revoked")):
        assert console("credentials", verb, urls[0], "--reason", f"to {verb}", "--by", "registrar") == 0
        assert f"{word} since 2026-11-24T12:00:00Z: to {verb}" in console.out.getvalue()
        assert "is published" in console.out.getvalue()
    assert checked(client, urls[0])["problem"] == "REVOKED"
    assert console("credentials", "status", urls[0], "--json") == 0
    decisions = json.loads(console.out.getvalue())
    assert [(item["state"], item["by"]) for item in decisions] == [
        ("suspended", "registrar"),
        ("reinstated", "registrar"),
        ("revoked", "registrar"),
    ]
    assert console("credentials", "status", urls[0]) == 0
    assert "to reinstate" in console.out.getvalue()
    assert console("credentials", "reinstate", urls[0], "--reason", "x") == 1
    assert "cannot be taken back" in console.err.getvalue()


def test_the_command_line_takes_many(console: Console, client: Client, urls: list[str]) -> None:
    lines = "\n".join([*urls, urls[0]]).encode()
    assert console("credentials", "revoke", "-", "--reason", "A leaked exam.", stdin=lines) == 0
    assert console.out.getvalue().count("Revoked since") == 3
    assert {checked(client, url)["problem"] for url in urls} == {"REVOKED"}
    assert console("credentials", "revoke", "-", "--reason", "x", stdin=b"\n") == 1
    assert "none on standard input" in console.err.getvalue()


def test_the_lists_are_shown_and_published(
    console: Console, sample: Sample, client: Client, urls: list[str], clock: Clock
) -> None:
    assert console("status", "list") == 0
    assert "never" in console.out.getvalue()
    assert console("status", "publish") == 0
    assert "1 lists were signed" in console.out.getvalue()
    assert console("status", "list", "--json") == 0
    (listed,) = json.loads(console.out.getvalue())
    assert (listed["taken"], listed["isDue"], listed["isClosed"], listed["version"]) == (3, False, False, 1)
    file = sample.installation.settings.status_directory / listed["id"]
    assert json.loads(file.read_bytes())["id"] == listed["url"]
    clock.forward(days=2)
    assert console("status", "list") == 0
    assert "due" in console.out.getvalue()


def test_a_clock_that_was_ahead_is_accepted_by_a_person(
    console: Console, api: Api, client: Client, urls: list[str], clock: Clock
) -> None:
    assert console("clock", "accept") == 0
    assert "Nothing was changed" in console.out.getvalue()
    clock.forward(days=30)
    ahead = api.report(sourceId="ahead", occurrence="ahead")
    assert ahead.status_code == 201
    clock.forward(days=-30)
    waiting = api.report(sourceId="waiting", occurrence="waiting")
    assert (waiting.status_code, waiting.json()["completion"]["reason"]["code"]) == (202, "clock-behind")
    assert "microcred clock accept" in waiting.json()["completion"]["reason"]["detail"]
    assert console("clock", "accept", "--by", "operator") == 0
    assert "1 completions that waited were issued" in console.out.getvalue()
    assert api.report(sourceId="waiting", occurrence="waiting").json()["completion"]["state"] == "issued"
    assert checked(client, urls[0])["verdict"] == "valid"


def test_doctor_knows_the_clock_the_lists_and_the_disk(
    console: Console, urls: list[str], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert console("doctor") == 0
    assert "✓ status lists: 1, none late, 1 to be signed now" in console.out.getvalue()
    assert console("status", "publish") == 0
    clock.forward(days=2)
    assert console("doctor") == 1
    assert "✗ status lists: 1 of 1 lists should have been signed" in console.out.getvalue()
    assert console("status", "publish") == 0
    assert console("doctor") == 0
    assert "✓ status lists: 1, none late\n" in console.out.getvalue()
    clock.forward(hours=-1)
    assert console("doctor") == 1
    assert "✗ clock: The clock of this service says" in console.out.getvalue()
    clock.forward(hours=1)
    monkeypatch.setattr(doctor_status, "LEAST_FREE", 1 << 62)
    assert console("doctor") == 1
    assert "✗ disk: Only" in console.out.getvalue()


def test_five_minutes_behind_are_forgiven(api: Api, urls: list[str], clock: Clock) -> None:
    clock.forward(days=1)
    assert api.report(sourceId="last", occurrence="last").status_code == 201
    clock.forward(minutes=-5)
    assert api.report(sourceId="a", occurrence="a").status_code == 201
    clock.forward(seconds=-1)
    assert api.report(sourceId="b", occurrence="b").status_code == 202
