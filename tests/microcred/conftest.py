"""A prepared sample home, copied for each test, in a world with a clock of its own."""

from __future__ import annotations

import base64
import io
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from microcred import samples
from microcred.__main__ import run
from microcred.app import build, checker
from microcred.cli.context import Context
from microcred.installation import settings_of
from microcred.samples import Sample
from microcred.world import World
from tests.databases import Databases
from tests.verifier.builders import NOW
from tests.verifier.web_client import Client
from verifier.fetch import Fetch
from verifier.settings import VerifierSettings
from verifier.terminal import Streams

SEAL = {"MICROCRED_KEY_ENCRYPTION_KEY": base64.urlsafe_b64encode(bytes(range(32))).decode()}
"""What seals the keys here: thousands of homes are opened, and a passphrase takes a tenth of a second on purpose."""
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


@dataclass(frozen=True)
class ServerHome:
    """The sample's home with its data on a server."""

    folder: Path

    def prepare(self, url: str) -> None:
        """Fill an empty database, and make the folder."""
        world = World({"MICROCRED_HOME": str(self.folder), "MICROCRED_DATABASE_URL": url, **SEAL}, Clock(), os.urandom)
        samples.prepare(settings_of(world), world).installation.database.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def prepared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("prepared") / "home"
    world = World({"MICROCRED_HOME": str(home), **SEAL}, Clock(), os.urandom)
    samples.prepare(settings_of(world), world).installation.database.close()
    return home


@pytest.fixture(scope="session")
def server_home(tmp_path_factory: pytest.TempPathFactory) -> ServerHome:
    return ServerHome(tmp_path_factory.mktemp("prepared") / "home")


@pytest.fixture
def world(database_kind: str, databases: Databases, request: pytest.FixtureRequest, clock: Clock) -> World:
    """A world whose home is the sample's; with PostgreSQL, only the keys are in its folder."""
    environ = {"MICROCRED_HOME": str(request.getfixturevalue("tmp_path") / "home"), **SEAL}
    if database_kind == "sqlite":
        prepared: Path = request.getfixturevalue("prepared_home")
    else:
        server_home: ServerHome = request.getfixturevalue("server_home")
        environ["MICROCRED_DATABASE_URL"] = databases.copy(server_home.prepare)
        prepared = server_home.folder
    shutil.copytree(prepared, environ["MICROCRED_HOME"])
    return World(environ, clock, os.urandom)


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


@dataclass(frozen=True)
class StrangeWorld(World):
    """A world whose network is what a test says."""

    fetch: Fetch | None = None

    def network(self, settings: VerifierSettings) -> Any:
        return self.fetch


@dataclass(frozen=True)
class Answer:
    """What one door said: the verdict, the problems of all checks that did not pass, and the checks themselves.

    A request that is refused says only one problem, and has no checks.
    """

    verdict: str
    problems: frozenset[str | None]
    checks: tuple[tuple[str, str, str | None], ...] = ()

    @classmethod
    def of_report(cls, report: Mapping[str, Any]) -> Answer:
        found = report["authenticity"]["checks"]
        checks = tuple((item["id"], item["outcome"], item["problem"]) for item in found)
        return cls(report["verdict"], frozenset(item[2] for item in checks if item[1] != "passed"), checks)

    @classmethod
    def of_refusal(cls, response: httpx.Response) -> Answer:
        body = response.json()
        code = "LIMIT_EXCEEDED" if response.status_code == 413 else body["type"].rpartition("#")[2]
        return cls("invalid", frozenset({code}))


@dataclass(frozen=True)
class Doors:
    """The ways into the verifier, each the real one, over a network that a test gives."""

    home: Path
    now: datetime

    def api(self, data: bytes, fetch: Fetch, recipient: str | None) -> Answer:
        """Send the credential as the body of `POST /verify`."""
        if recipient is not None:
            body = json.dumps({"credential": json.loads(data), "recipient": recipient}).encode()
            return self._post(fetch, content=body, headers={"Content-Type": "application/json"})
        return self._post(fetch, content=data, headers={"Content-Type": _media_type(data)})

    def upload(self, data: bytes, fetch: Fetch, recipient: str | None) -> Answer:
        """Upload the credential as a file of the form."""
        fields = {} if recipient is None else {"recipient": recipient}
        return self._post(fetch, files={"file": ("badge", data)}, data=fields)

    def command(self, data: bytes, fetch: Fetch, recipient: str | None) -> Answer:
        """Check the credential on the command line."""
        console = Console(self._world(fetch))
        more = () if recipient is None else ("--recipient", recipient)
        code = console("verify", "-", "--json", *more, stdin=data)
        answer = Answer.of_report(json.loads(console.out.getvalue()))
        assert code == {"valid": 0, "invalid": 1, "undetermined": 2}[answer.verdict]
        return answer

    def _post(self, fetch: Fetch, **request: Any) -> Answer:
        world = self._world(fetch)
        response = Client(build(checker(world, None), None)).post("/verify", **request)
        if response.status_code == 200:
            return Answer.of_report(response.json())
        assert response.status_code in (400, 413)
        return Answer.of_refusal(response)

    def _world(self, fetch: Fetch) -> World:
        return StrangeWorld({"MICROCRED_HOME": str(self.home)}, lambda: self.now, os.urandom, fetch)


def _media_type(data: bytes) -> str:
    if data.startswith(b"\x89PNG"):
        return "image/png"
    if data.lstrip()[:1] == b"<" or data.startswith(b"\x1f\x8b"):
        return "image/svg+xml"
    return "text/plain" if data.lstrip()[:2] == b"ey" else "application/vc"


@pytest.fixture
def doors(tmp_path: Path) -> Doors:
    return Doors(tmp_path, NOW)
