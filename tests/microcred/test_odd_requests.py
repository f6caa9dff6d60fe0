"""Requests as careless programs send them: an answer that says what is wrong, as a problem document, never a defect."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from microcred.samples import Sample
from tests.microcred.test_api import REPORT
from tests.verifier.web_client import Client

BODY = json.dumps(REPORT).encode()


def ask(client: Client, sample: Sample, method: str, path: str, **options: Any) -> Any:
    headers = {"Authorization": f"Bearer {sample.token}", **options.pop("headers", {})}
    return client.request(method, path, headers=headers, **options)


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("POST", "/completions", {"content": gzip.compress(BODY), "headers": {"Content-Encoding": "gzip"}}, 415),
        ("POST", "/completions", {"content": b"<a/>", "headers": {"Content-Type": "text/xml"}}, 400),
        ("POST", "/completions", {}, 400),
        ("POST", "/completions", {"content": b"[" * 20_000}, 413),
        ("POST", "/completions/", {"content": BODY}, 404),
        ("OPTIONS", "/completions", {}, 405),
        ("PUT", "/completions", {"content": BODY}, 405),
        ("GET", "/completions?limit=0", {}, 422),
        ("GET", "/completions?limit=many", {}, 422),
        ("GET", "/completions?after=1", {}, 422),
        ("GET", "/completions?state=lost", {}, 422),
        ("GET", "/completions/1", {}, 422),
        ("GET", "/status/1", {}, 404),
        ("GET", "/credentials?limit=501", {}, 422),
        # PostgreSQL cannot even look for a text with U+0000.
        ("GET", "/credentials/a%00b.json", {}, 404),
        ("GET", "/credentials/a%00b.png", {}, 404),
        ("GET", "/achievements/a%00b/v/1", {"headers": {"Accept": "application/json"}}, 404),
        ("POST", "/credentials/a%00b/revocation", {"json": {"reason": "x"}}, 404),
    ],
)
def test_odd_requests_are_problem_documents(
    client: Client, sample: Sample, method: str, path: str, options: dict[str, Any], status: int
) -> None:
    answer = ask(client, sample, method, path, **options)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status


def test_the_field_of_a_query_is_named(client: Client, sample: Sample) -> None:
    assert ask(client, sample, "GET", "/completions?limit=0").json()["field"] == "limit"


@pytest.mark.parametrize("media_type", ["application/json", "application/x-www-form-urlencoded", "text/plain", "x"])
def test_a_completion_is_taken_under_any_media_type(client: Client, sample: Sample, media_type: str) -> None:
    answer = ask(client, sample, "POST", "/completions", content=BODY, headers={"Content-Type": media_type})
    assert answer.status_code == 201
