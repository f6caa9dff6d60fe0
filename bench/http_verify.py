"""The public verifier under load: badges of one definition, each another learner's, posted to `POST /verify`."""

from __future__ import annotations

import json
import os
import urllib.request
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from bench.homes import reports
from bench.load import post, run
from bench.measure import Figure, median
from bench.served import Served

BADGES: Final = 100
CONNECTIONS: Final = 16
_WARM_UP: Final = 150
"""Verifications before those that count: an issuer for whom nobody vouches is believed after a hundred."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run: badges a second by the clock, and seconds of CPU time of the service for each."""

    per_second: float
    cpu: float


def figures(service: Served, rounds: int, number: int) -> dict[str, Figure]:
    """Post `number` badges of the service itself in each round: reading its own key and list counts as well."""
    badges = [_issued(service, report) for report in reports(BADGES)]
    _verify(service, badges, _WARM_UP)
    found = [_verify(service, badges, number) for _ in range(rounds)]
    unit = f"badges a second, {CONNECTIONS} connections"
    return {
        "http_verify_per_second": Figure(median([item.per_second for item in found]), unit, rounds),
        "http_verify_cpu_ms": Figure(1000 * median([item.cpu for item in found]), "CPU ms of the service each", rounds),
    }


def _issued(service: Served, report: bytes) -> bytes:
    """Report a completion, and fetch the badge that it became."""
    asked = urllib.request.Request(f"{service.url}/completions", report, service.headers())
    with urllib.request.urlopen(asked) as answer:
        url = json.load(answer)["credential"]["url"]
    with urllib.request.urlopen(f"{url}.json") as answer:
        data: bytes = answer.read()
    return data


def _verify(service: Served, badges: list[bytes], number: int) -> Run:
    url = f"{service.url}/verify"
    headers = {"Content-Type": "application/json"}
    requests = [post(url, badges[index % len(badges)], headers) for index in range(number)]
    _check(url, badges[0], headers)
    before = _cpu_seconds(service.process)
    load = run(url, requests, CONNECTIONS)
    cpu = _cpu_seconds(service.process) - before
    if load.statuses != {HTTPStatus.OK: number}:
        raise RuntimeError(f"not every badge was verified: {load.statuses}")
    return Run(number / load.seconds, cpu / number)


def _cpu_seconds(process: int) -> float:
    """User and system time of a process, all its threads (proc(5), `stat`)."""
    fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _check(url: str, badge: bytes, headers: dict[str, str]) -> None:
    with urllib.request.urlopen(urllib.request.Request(url, badge, headers)) as answer:
        report: dict[str, Any] = json.load(answer)
    if report["verdict"] != "valid":
        raise RuntimeError(f"a badge of the benchmark is not valid: {report['headline']}")
