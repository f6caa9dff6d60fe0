"""`python -m bench.webhooks`: how long learning platforms wait for answers, and how long a registrar's file takes.

A real `microcred serve` on SQLite (synchronous=FULL), on the loopback. Signed Moodle webhooks come at a fixed rate
whether or not earlier ones are answered, and credentials are issued meanwhile. Then a CSV file is handed in, first as a
dry run. Times of day, not of a processor: what else the machine does counts.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from microcred import samples
from microcred.installation import settings_of
from microcred.platforms import platforms
from microcred.samples import Sample
from microcred.simulate.plays import PLAYS
from microcred.simulate.stage import Delivery, Stage, Student
from microcred.world import World

LINES: Final = 16
"""Connections of the sender: more than ever wait at once here."""
TIMEOUT_SECONDS: Final = 60.0
_HEADER: Final = "row_key,sis_id,legal_name,email,achievement_code,achievement_version,completed_on,grade,credits,hold"


@dataclass(frozen=True, slots=True)
class Scene:
    """A running server on a sample home."""

    sample: Sample
    world: World
    port: int

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_SECONDS)

    def asked(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Any:
        """Return the JSON that the API answers."""
        connection = self.connect()
        connection.request(method, path, body, {"Authorization": f"Bearer {self.sample.token}", **headers})
        answer = connection.getresponse().read()
        connection.close()
        return json.loads(answer)


@contextmanager
def scene() -> Iterator[Scene]:
    """Prepare a home, and run a server on it."""
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
        probe.close()
        seal = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
        world = World({**os.environ, "MICROCRED_HOME": f"{folder}/home", "MICROCRED_KEY_ENCRYPTION_KEY": seal})
        sample = samples.prepare(settings_of(world), world, port)
        command = [sys.executable, "-m", "microcred", "serve", "--port", str(port)]
        with subprocess.Popen(command, env=dict(world.environ), stdout=subprocess.PIPE, text=True) as process:
            try:
                if process.stdout is None or "microcred is at" not in process.stdout.readline():
                    raise RuntimeError("the server does not start")
                yield Scene(sample, world, port)
            finally:
                process.terminate()


def webhooks(at: Scene, rate: int, seconds: int) -> list[float]:
    """Send Moodle's webhooks at `rate` a second; return how long each waited for its answer, in milliseconds."""
    connection = platforms(at.sample.service, at.world).connections.get("moodle").connection
    stage = Stage(connection, at.world.clock() - timedelta(hours=2))
    deliveries = [
        one for index in range(rate * seconds // 3) for one in PLAYS["moodle"](stage, Student("bench", index))
    ]
    own = threading.local()
    begun = time.monotonic() + 0.5

    def send(number: int, delivery: Delivery) -> float:
        if not hasattr(own, "line"):
            own.line = at.connect()
        time.sleep(max(0.0, begun + number / rate - time.monotonic()))
        headers, body = delivery.sealed(at.world.clock())
        start = time.perf_counter()
        own.line.request(delivery.method, delivery.path, body, dict(headers))
        answer = own.line.getresponse()
        answer.read()
        if answer.status != 202:
            raise RuntimeError(f"a webhook was answered with {answer.status}")
        return (time.perf_counter() - start) * 1_000

    with ThreadPoolExecutor(LINES) as pool:
        return list(pool.map(send, range(len(deliveries)), deliveries))


def table(at: Scene, rows: int, *, dry: bool) -> tuple[float, dict[str, Any]]:
    """Hand a file in and wait for its end; return the seconds and what became of it."""
    lines = (f"r-{n:06d},B{n:07d},Learner {n},b{n}@x.example,MC-DETH-01,1,2026-11-20,Pass,2," for n in range(rows))
    body = "\n".join([_HEADER, *lines, ""]).encode()
    start = time.perf_counter()
    path = "/completions/batches" + ("?dryRun=true" if dry else "")
    batch = at.asked("POST", path, body, **{"Content-Type": "text/csv; connection=table"})["batch"]
    while batch["state"] in ("received", "running"):
        time.sleep(0.05)
        batch = at.asked("GET", f"/completions/batches/{batch['id']}")["batch"]
    return time.perf_counter() - start, batch


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.webhooks")
    parser.add_argument("--rate", type=int, default=20, help="webhooks a second")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rows", type=int, default=10_000, help="rows of the file")
    args = parser.parse_args()
    with scene() as at:
        times = sorted(webhooks(at, args.rate, args.seconds))
        shares = {name: times[min(len(times) - 1, int(len(times) * share))] for name, share in _SHARES.items()}
        said = ", ".join(f"{name} {value:.1f} ms" for name, value in shares.items())
        print(f"{len(times)} webhooks at {args.rate} a second: {said}")
        for dry in (True, False):
            seconds, batch = table(at, args.rows, dry=dry)
            print(f"{args.rows:,} rows{' (dry run)' if dry else ''}: {seconds:.1f} s, {batch}")


_SHARES: Final = {"half within": 0.5, "95 % within": 0.95, "99 % within": 0.99, "slowest": 1.0}

if __name__ == "__main__":
    main()
