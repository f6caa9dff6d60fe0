"""The public verifier under load: badges of one definition, each another learner's, posted to `POST /verify`."""

from __future__ import annotations

import json
import urllib.request
from http import HTTPStatus
from typing import Any, Final

from bench.homes import reports
from bench.load import post, run
from bench.measure import Figure, median
from bench.served import Served, served

BADGES: Final = 200
CONNECTIONS: Final = 16
_WARM_UP: Final = 400
"""Verifications before those that count: an issuer for whom nobody vouches is believed after a hundred."""


def measure(rounds: int) -> tuple[float, int]:
    """Return how many badges a second one process of the service verifies, the status list included, and `rounds`."""
    with served() as service:
        badges = [_issued(service, report) for report in reports(BADGES)]
        _verify(service, badges, _WARM_UP)
        return median([_verify(service, badges, 10 * BADGES) for _ in range(rounds)]), rounds


def figures(rounds: int) -> dict[str, Figure]:
    """The same for the table."""
    value, number = measure(rounds)
    return {"http_verify_per_second": Figure(value, f"badges a second, {CONNECTIONS} connections", number)}


def _issued(service: Served, report: bytes) -> bytes:
    """Report a completion, and fetch the badge that it became."""
    asked = urllib.request.Request(f"{service.url}/completions", report, service.headers())
    with urllib.request.urlopen(asked) as answer:
        url = json.load(answer)["credential"]["url"]
    with urllib.request.urlopen(f"{url}.json") as answer:
        data: bytes = answer.read()
    return data


def _verify(service: Served, badges: list[bytes], number: int) -> float:
    url = f"{service.url}/verify"
    headers = {"Content-Type": "application/json"}
    requests = [post(url, badges[index % len(badges)], headers) for index in range(number)]
    _check(url, badges[0], headers)
    load = run(url, requests, CONNECTIONS)
    if load.statuses != {HTTPStatus.OK: number}:
        raise RuntimeError(f"not every badge was verified: {load.statuses}")
    return number / load.seconds


def _check(url: str, badge: bytes, headers: dict[str, str]) -> None:
    with urllib.request.urlopen(urllib.request.Request(url, badge, headers)) as answer:
        report: dict[str, Any] = json.load(answer)
    if report["verdict"] != "valid":
        raise RuntimeError(f"a badge of the benchmark is not valid: {report['headline']}")
