"""The service as a process of its own on SQLite, under load: completions one by one, in batches, and its memory."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from bench.homes import home, reports
from bench.load import post, run
from bench.measure import Figure, median

CONNECTIONS: Final = 64
BATCH: Final = 1_000
BATCHES: Final = 4
"""Batches of one round, two at a time."""
_START_SECONDS: Final = 60
_WARM_UP: Final = 500


@dataclass(frozen=True, slots=True)
class Served:
    """A running service: its process, its address and a token for reporting."""

    process: int
    url: str
    token: str

    def headers(self, kind: str = "application/json") -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Content-Type": kind}

    def memory_mb(self, what: str) -> float:
        """`VmRSS` (now) or `VmHWM` (the most since it was reset), in MiB."""
        for line in Path(f"/proc/{self.process}/status").read_text("ascii").splitlines():
            if line.startswith(what):
                return int(line.split()[1]) / 1024
        raise RuntimeError(f"this system does not tell {what}")

    def forget_most(self) -> None:
        """Reset `VmHWM` to what is in use now."""
        Path(f"/proc/{self.process}/clear_refs").write_text("5", "ascii")


def figures(service: Served, rounds: int, singles: int, rows: int) -> dict[str, Figure]:
    """Measure completions: `singles` one by one in each round; `rows` is the batch whose memory is measured."""
    _singles(service, _WARM_UP)
    single = [_singles(service, singles) for _ in range(rounds)]
    batch = [_batches(service, BATCHES) for _ in range(rounds)]
    unit = f"MiB over idle, a batch of {rows:,} rows"
    return {
        "http_single_durable_per_second": Figure(median(single), "issued a second, 64 connections", len(single), 2_500),
        "http_batch_durable_per_second": Figure(median(batch), "issued a second, 1,000 a request", len(batch), 7_000),
        "memory_peak_mb_100k_batch": Figure(_memory(service, rows), unit, 1, 300),
    }


@contextmanager
def served() -> Iterator[Served]:
    """Run `microcred serve` on a sample home, on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with home("sqlite", url) as (sample, world):
        command = [sys.executable, "-m", "microcred", "serve", "--port", str(port)]
        with subprocess.Popen(command, env=dict(world.environ), stdout=subprocess.DEVNULL) as process:
            try:
                _wait(url)
                yield Served(process.pid, url, sample.token)
            finally:
                process.terminate()


def _wait(url: str) -> None:
    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"{url}/health"):
                return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def _singles(service: Served, number: int) -> float:
    url = f"{service.url}/completions"
    requests = [post(url, raw, service.headers()) for raw in reports(number)]
    load = run(url, requests, CONNECTIONS)
    if load.statuses != {HTTPStatus.CREATED: number}:
        raise RuntimeError(f"not every completion was issued: {load.statuses}")
    return number / load.seconds


def _batches(service: Served, number: int) -> float:
    url = f"{service.url}/completions/batches"
    bodies = [b"\n".join(reports(BATCH)) for _ in range(number)]
    load = run(url, [post(url, body, service.headers("application/x-ndjson")) for body in bodies], 2)
    if load.statuses != {HTTPStatus.OK: number}:
        raise RuntimeError(f"not every batch was worked through: {load.statuses}")
    return number * BATCH / load.seconds


def _memory(service: Served, rows: int) -> float:
    """Hand in one large batch and wait for its end: the most memory above what the idle service had."""
    idle = service.memory_mb("VmRSS")
    service.forget_most()
    body = b"\n".join(reports(rows))
    asked = urllib.request.Request(  # an address of our own
        f"{service.url}/completions/batches", body, service.headers("application/x-ndjson")
    )
    with urllib.request.urlopen(asked) as answer:
        batch: dict[str, Any] = json.load(answer)["batch"]
    while batch["state"] not in ("done", "refused", "cancelled"):
        time.sleep(0.5)
        again = urllib.request.Request(batch["url"], headers=service.headers())
        with urllib.request.urlopen(again) as answer:
            batch = json.load(answer)["batch"]
    if batch["state"] != "done" or batch["issued"] != rows:
        raise RuntimeError(f"the batch ended otherwise: {batch}")
    return service.memory_mb("VmHWM") - idle
