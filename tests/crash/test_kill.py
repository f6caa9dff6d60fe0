"""The server or its database server killed at work, again and again, while an LMS reports and retries.

None that was accepted is lost, none is doubled, everything issued verifies, and the home is fit to issue.
"""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from microcred import samples
from microcred.app import checker
from microcred.installation import open_installation, settings_of
from microcred.world import World
from tests.conftest import ROOT
from tests.crash.reports import completion
from tests.microcred.conftest import SEAL, Console
from tests.postgres import Server
from verifier.report import Verdict

KILLS: Final = 30 if os.environ.get("MICROCRED_SOAK") else 2
SENDERS: Final = 3
COMMAND: Final = (sys.executable, "-m", "microcred")


class Lms:
    """Reports completions one after the other from several threads; asks again until each is answered."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._token = url, token
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(number,)) for number in range(SENDERS)]
        self.answers: dict[str, dict[str, Any]] = {}
        self.refused: list[str] = []
        self.told_to_wait = 0
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End with the reports that are under way answered."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, count: int) -> None:
        while len(self.answers) < count and not self.refused:
            time.sleep(0.002)

    def _work(self, sender: int) -> None:
        number = 0
        with httpx.Client(base_url=self._url, timeout=30) as client:
            while not self._stop.is_set():
                number += 1
                self._report(client, f"{sender}-{number}")

    def _report(self, client: httpx.Client, source_id: str) -> None:
        headers = {"Authorization": f"Bearer {self._token}"}
        while True:
            try:
                answer = client.post("/completions", json=completion(source_id), headers=headers)
            except httpx.TransportError:
                time.sleep(0.02)
                continue
            if answer.status_code == 503 and "Retry-After" in answer.headers:
                self.told_to_wait += 1
                time.sleep(0.02)
                continue
            if answer.status_code in (200, 201):
                self.answers[source_id] = answer.json()
            else:
                self.refused.append(answer.text)
            return


@pytest.fixture
def world(database_kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> World:
    environ = {**os.environ, "MICROCRED_HOME": str(tmp_path / "home"), **SEAL}
    if database_kind == "postgresql":
        environ["MICROCRED_DATABASE_URL"] = request.getfixturevalue("postgres_alone").make("home")
    return World(environ)


@pytest.fixture
def lms(world: World, port: int) -> Iterator[Lms]:
    sample = samples.prepare(settings_of(world), world, port, with_platforms=False)
    sample.installation.database.close()
    sender = Lms(f"http://127.0.0.1:{port}", sample.token)
    yield sender
    sender.stop()


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def start(world: World, port: int) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", str(port)], cwd=ROOT, env=dict(world.environ), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert "microcred is at" in process.stdout.readline()
    return process


def end(process: subprocess.Popen[str], *, gently: bool = False) -> None:
    process.terminate() if gently else process.kill()
    process.communicate()


def test_nothing_accepted_is_lost_and_nothing_is_doubled(world: World, lms: Lms, port: int) -> None:
    chance = random.Random(20261124)
    for _ in range(KILLS):
        server = start(world, port)
        lms.wait_for(len(lms.answers) + chance.randint(4, 12))
        end(server)
    server = start(world, port)
    lms.stop()
    end(server, gently=True)
    assert not lms.refused
    check_home(world, lms.answers)


@pytest.mark.databases("postgresql")
def test_a_database_server_that_crashes_loses_nothing(
    world: World, lms: Lms, port: int, postgres_alone: Server
) -> None:
    chance = random.Random(20261125)
    server = start(world, port)
    for _ in range(KILLS):
        lms.wait_for(len(lms.answers) + chance.randint(4, 12))
        postgres_alone.stop(signal.SIGQUIT)
        waiting = lms.told_to_wait
        while lms.told_to_wait == waiting and not lms.refused:
            time.sleep(0.002)
        postgres_alone.start()
    lms.wait_for(len(lms.answers) + 4)
    lms.stop()
    end(server, gently=True)
    assert not lms.refused
    check_home(world, lms.answers)


def check_home(world: World, answers: dict[str, dict[str, Any]]) -> None:
    installation = open_installation(settings_of(world), world)
    service = installation.service()
    kept = {item.completion.source_id: item for item in service.completions.page(None, 10_000)}
    issued = service.list_credentials(10_000)
    assert len(answers) > KILLS
    assert {name: answer["credential"]["id"] for name, answer in answers.items()} == {
        name: item.credential and item.credential.public_id for name, item in kept.items()
    }
    assert sorted(item.public_id for item in issued) == sorted(a["credential"]["id"] for a in answers.values())
    check = checker(world, service)
    assert {check.verify(item.document).verdict for item in issued} == {Verdict.VALID}
    installation.database.close()
    console = Console(world)
    assert console("doctor") == 0, console.out.getvalue()
    assert console("db", "check") == 0, console.out.getvalue()
    name, first = next(iter(answers.items()))
    assert console("completions", "report", "-", stdin=json.dumps(completion(name)).encode()) == 0
    assert json.loads(console.out.getvalue())["credential"] == first["credential"]
