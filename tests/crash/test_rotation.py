"""Keys are changed by one program while another one serves: nothing is restarted, nothing fails, nothing is lost."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from microcred import samples
from microcred.app import checker
from microcred.installation import settings_of
from microcred.samples import Sample
from microcred.world import World
from tests.conftest import ROOT
from tests.crash.reports import completion
from tests.microcred.conftest import SEAL, Console
from verifier.report import Verdict


class Server:
    """A running service, and a client of its API."""

    def __init__(self, world: World, sample: Sample, port: int) -> None:
        self._process = subprocess.Popen(
            (sys.executable, "-m", "microcred", "serve", "--port", str(port)),
            cwd=ROOT,
            env=dict(world.environ),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert "microcred is at" in self._process.stdout.readline()
        headers = {"Authorization": f"Bearer {sample.token}"}
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60)

    def report(self, person: str) -> dict[str, Any]:
        answer = self._client.post("/completions", json=completion(person))
        assert answer.status_code in (200, 201, 202), answer.text
        body: dict[str, Any] = answer.json()
        return body

    def methods(self) -> dict[str, dict[str, Any]]:
        document = self._client.get("/.well-known/did.json").json()
        return {method["id"].partition("#")[2]: method for method in document["verificationMethod"]}

    def credential(self, body: dict[str, Any]) -> httpx.Response:
        return self._client.get(f"/credentials/{body['credential']['id']}.json")

    def stop(self) -> None:
        self._client.close()
        self._process.terminate()
        self._process.communicate()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World({**os.environ, "MICROCRED_HOME": str(tmp_path / "home"), **SEAL})


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture
def sample(world: World, port: int) -> Sample:
    return samples.prepare(settings_of(world), world, port, with_platforms=False)


@pytest.fixture
def server(world: World, sample: Sample, port: int) -> Iterator[Server]:
    running = Server(world, sample, port)
    yield running
    running.stop()


def key_of(response: httpx.Response) -> str:
    return str(response.json()["proof"][0]["verificationMethod"].partition("#")[2])


def test_a_running_service_follows_every_change(world: World, sample: Sample, server: Server) -> None:
    console = Console(world)
    first = sample.service.keys.list()[0].name
    old = server.credential(server.report("before"))
    assert key_of(old) == first

    assert console("keys", "rotate") == 0
    announced = sample.service.keys.list()[-1].name
    assert list(server.methods()) == [first, announced]
    assert key_of(server.credential(server.report("announced"))) == first

    assert console("keys", "rotate", "--after", "0") == 0
    second = sample.service.keys.list()[-1].name
    new = server.credential(server.report("after"))
    assert key_of(new) == second
    verify = checker(world, sample.service).verify
    assert {verify(item.content).verdict for item in (old, new)} == {Verdict.VALID}

    assert console("keys", "compromise", second, "--yes") == 0
    held = server.report("stopped")
    assert held["completion"]["reason"]["code"] == "no-signing-key"
    assert "revoked" in server.methods()[second]

    assert console("keys", "new") == 0
    third = sample.service.keys.list()[-1].name
    assert console("keys", "compromise", second, "--reissue") == 0
    again = server.credential(server.report("after"))
    assert key_of(again) == third
    assert again.json()["id"] == new.json()["id"]
    assert verify(new.content).verdict is Verdict.INVALID
    assert verify(again.content).verdict is verify(old.content).verdict is Verdict.VALID
    assert console("completions", "release") == 0
    assert key_of(server.credential(server.report("stopped"))) == third
