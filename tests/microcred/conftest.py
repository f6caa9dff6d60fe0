"""A prepared sample home, copied for each test, in a world with a clock of its own."""

from __future__ import annotations

import io
import os
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from microcred import samples
from microcred.__main__ import run
from microcred.app import build, checker
from microcred.cli.context import Context
from microcred.installation import settings_of
from microcred.samples import Sample
from microcred.world import World
from tests.verifier.web_client import Client
from verifier.cli import Streams

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@dataclass
class Clock:
    """A clock that stands still until a test moves it."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class Console:
    """Runs commands as a person would, and keeps what they print."""

    world: World
    out: io.StringIO = field(default_factory=io.StringIO)
    err: io.StringIO = field(default_factory=io.StringIO)

    def __call__(self, *argv: str, stdin: bytes = b"") -> int:
        self.out, self.err = io.StringIO(), io.StringIO()
        context = Context(self.world, Streams(io.BytesIO(stdin), self.out, self.err))
        try:
            return run(argv, context)
        except SystemExit as stop:
            return int(stop.code or 0)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def prepared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("prepared") / "home"
    world = World({"MICROCRED_HOME": str(home)}, Clock(), os.urandom)
    samples.prepare(settings_of(world), world).installation.database.close()
    return home


@pytest.fixture
def world(prepared_home: Path, tmp_path: Path, clock: Clock) -> World:
    shutil.copytree(prepared_home, tmp_path / "home")
    return World({"MICROCRED_HOME": str(tmp_path / "home")}, clock, os.urandom)


@pytest.fixture
def sample(world: World) -> Sample:
    return samples.prepare(settings_of(world), world)


@pytest.fixture
def console(world: World) -> Console:
    return Console(world)


@pytest.fixture
def client(sample: Sample, world: World) -> Client:
    app = build(checker(world, sample.service), sample.service)
    return Client(app, sample.service.addresses.base_url)
