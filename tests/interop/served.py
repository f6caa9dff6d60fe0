"""A real `microcred serve` on the sample home, for independent software that reports to its doors."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from issuer.lms_work.bindings import BindingWish
from microcred import samples
from microcred.installation import settings_of
from microcred.platforms import platforms
from microcred.sample_platforms import PLATFORMS
from microcred.world import World
from tests.conftest import ROOT
from tests.microcred.conftest import SEAL

SECONDS: Final = 60
"""Limit of waiting, against hanging only: starting takes three seconds, issuing a few milliseconds."""


@dataclass(frozen=True)
class Served:
    """A running service as its staff see it, and the secrets of its connections by name."""

    badges: httpx.Client
    secrets: dict[str, str]

    @property
    def url(self) -> str:
        """Its address; a slash at the end."""
        return f"{self.badges.base_url}"

    def issued(self, count: int, prefix: str = "") -> list[str]:
        """Wait until so many completions of people whose numbers begin so are issued; return whose."""
        until = time.monotonic() + SECONDS
        while len(found := self._issued(prefix)) < count and time.monotonic() < until:
            time.sleep(0.1)
        return sorted(found)

    def _issued(self, prefix: str) -> list[str]:
        answer = self.badges.get("/completions", params={"state": "issued"})
        people = [item["completion"]["learner"]["id"] for item in answer.json()["completions"]]
        return [person for person in people if person.startswith(prefix)]


@contextmanager
def served(home: Path, *bindings: BindingWish) -> Iterator[Served]:
    """Run the service on a new sample home with further bindings."""
    world = World({**os.environ, "MICROCRED_HOME": str(home), **SEAL})
    sample = samples.prepare(settings_of(world), world)
    lms = platforms(sample.service, world)
    for wish in bindings:
        lms.bindings.add(wish, "test")
    opened = {name: lms.connections.get(name).connection for name in PLATFORMS}
    secrets = {name: one.secrets[-1].value.decode() for name, one in opened.items() if one.kind != "lti"}
    lms.end()
    sample.installation.database.close()
    with _process(world, sample.token) as badges:
        yield Served(badges, secrets)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextmanager
def _process(world: World, token: str) -> Iterator[httpx.Client]:
    port = free_port()
    command = [sys.executable, "-m", "microcred", "serve", "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, env=dict(world.environ), stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert "microcred is at" in process.stdout.readline()
            headers = {"Authorization": f"Bearer {token}"}
            with httpx.Client(base_url=f"http://127.0.0.1:{port}/", headers=headers, timeout=30) as client:
                yield client
        finally:
            process.terminate()
