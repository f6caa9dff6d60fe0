"""`microcred db`: up to date, looked through, copied while the service works, and filled again on another server."""

from __future__ import annotations

import io
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from issuer import migrations
from issuer.db import open_database
from microcred import samples
from microcred.app import build, checker
from microcred.cli.context import Context
from microcred.installation import open_installation, settings_of
from microcred.samples import Sample
from microcred.world import World
from tests.databases import Databases
from tests.microcred.conftest import SEAL, Clock, Console
from tests.microcred.test_api import REPORT
from tests.postgres import Server
from tests.verifier.web_client import Client
from verifier.report import Verdict
from verifier.terminal import Streams


def bearer(sample: Sample) -> dict[str, str]:
    return {"Authorization": f"Bearer {sample.token}"}


def report(client: Client, sample: Sample, source_id: str) -> int:
    content = {**REPORT, "sourceId": source_id, "learner": {"id": source_id, "name": f"Learner {source_id}"}}
    return client.post("/completions", json=content, headers=bearer(sample)).status_code


@pytest.fixture
def new_home(world: World, databases: Databases, tmp_path: Path) -> World:
    """A home that is not there yet, with an empty database of the same kind."""
    environ = {"MICROCRED_HOME": str(tmp_path / "new"), "MICROCRED_DATABASE_URL": databases.empty(), **SEAL}
    return replace(world, environ=environ)


def test_a_backup_made_at_work_brings_everything_back(
    world: World, new_home: World, client: Client, sample: Sample, console: Console, tmp_path: Path
) -> None:
    answered: list[str] = []
    stop = threading.Event()

    def lms() -> None:
        while not stop.is_set():
            name = str(len(answered))
            assert report(client, sample, name) == 201
            answered.append(name)

    worker = threading.Thread(target=lms)
    worker.start()
    while len(answered) < 3 and worker.is_alive():
        time.sleep(0.01)
    before = len(answered)
    assert console("db", "backup", str(tmp_path / "copy.zip")) == 0
    stop.set()
    worker.join()
    assert "signing keys are not in it: keep " in console.out.getvalue()
    elsewhere = Console(new_home)
    assert elsewhere("db", "restore", str(tmp_path / "copy.zip")) == 0, elsewhere.out.getvalue()
    assert "✓ audit log" in elsewhere.out.getvalue()
    _all_verifies(world, new_home, answered[:before])


def _all_verifies(world: World, restored: World, reported: list[str]) -> None:
    """What was issued before the backup is there, and valid with the keys that were kept apart."""
    keys = Path(restored.environ["MICROCRED_HOME"]) / "keys"
    (Path(world.environ["MICROCRED_HOME"]) / "keys").rename(keys)
    service = open_installation(settings_of(restored), restored).service()
    there = {item.completion.source_id: item.credential for item in service.completions.page(None, 1_000)}
    assert set(reported) <= set(there)
    check = checker(restored, service)
    assert all(check.verify(item.document).verdict is Verdict.VALID for item in service.list_credentials(1_000))
    assert Console(restored)("doctor") == 0


def test_check_says_what_is_whole_and_what_is_not(console: Console, sample: Sample) -> None:
    assert console("db", "check") == 0
    lines = console.out.getvalue().splitlines()
    assert [line.split(":")[0] for line in lines[:-1]] == [f"✓ {name}" for name in _CHECKS]
    assert lines[-1].startswith("All is whole in ")
    with sample.service.database.begin_write() as tx:
        tx.connection.exec_driver_sql("UPDATE audit SET actor = 'somebody' WHERE seq = 1")
    assert console("db", "check") == 1
    assert "✗ audit log: The audit log is broken: entry 1 was changed" in console.out.getvalue()
    assert console.out.getvalue().endswith("Not as it must be: 1.\n")


_CHECKS = ("schema", "storage", "keys", "credentials", "completions", "awards", "status lists", "audit log")


def test_upgrade_says_from_where_to_where(new_home: World) -> None:
    console, newest = Console(new_home), migrations.revisions()[-1]
    Path(new_home.environ["MICROCRED_HOME"]).mkdir()
    database = open_database(new_home.environ["MICROCRED_DATABASE_URL"], new_home.random_bytes)
    migrations.upgrade(database, "0001")
    database.close()
    assert console("db", "check") == 1
    assert f"✗ schema: The schema has revision 0001 and must have {newest}." in console.out.getvalue()
    assert "credentials" not in console.out.getvalue()
    assert console("db", "upgrade") == 0
    assert f"from revision 0001 to {newest}" in console.out.getvalue()
    assert console("db", "upgrade") == 0
    assert f"at revision {newest}, the newest, as it was" in console.out.getvalue()


def test_upgrade_of_nothing(new_home: World) -> None:
    Path(new_home.environ["MICROCRED_HOME"]).mkdir()
    console = Console(new_home)
    assert console("db", "upgrade") == 0
    assert "from revision none, being empty, to" in console.out.getvalue()


def test_nothing_is_written_over(console: Console, sample: Sample, tmp_path: Path) -> None:
    copy = str(tmp_path / "copy.zip")
    assert console("db", "backup", copy) == 0
    assert console("db", "backup", copy) == 1
    assert "is there already" in console.err.getvalue()
    assert console("db", "restore", copy) == 1
    assert "--force" in console.err.getvalue()
    assert console("db", "restore", copy, "--force") == 0
    assert console("db", "backup", str(tmp_path / "absent" / "copy.zip")) == 1
    assert "No such file" in console.err.getvalue()
    assert console("db", "restore", str(tmp_path / "absent.zip")) == 1
    assert "No such file" in console.err.getvalue()


def test_a_long_copy_says_how_far_it_is(
    console: Console, sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("microcred.cli.db._EVERY", 1)
    assert console("db", "backup", str(tmp_path / "copy.zip")) == 0
    assert "institution: 1 of 1\n" in console.err.getvalue()


def test_doctor_says_which_database(console: Console, sample: Sample) -> None:
    assert console("doctor") == 0
    (line,) = [line for line in console.out.getvalue().splitlines() if line.startswith("✓ database: ")]
    assert line.endswith(f", revision {migrations.revisions()[-1]}, reachable")
    assert sample.service.database.kind.title in line


@pytest.mark.databases("postgresql")
def test_doctor_warns_of_a_server_that_may_lose_what_it_confirmed(console: Console, sample: Sample) -> None:
    """The servers of the tests do not wait for the disk."""
    assert console("doctor") == 0
    said = console.out.getvalue()
    assert "! PostgreSQL has fsync = off: when the power fails, it may lose what it has confirmed" in said


@pytest.mark.databases("sqlite")
def test_sqlite_has_no_setting_that_loses_anything(console: Console, sample: Sample) -> None:
    assert console("doctor") == 0
    assert "= off" not in console.out.getvalue()


def test_a_command_closes_what_it_opened(world: World, sample: Sample) -> None:
    context = Context(world, Streams(io.BytesIO(), io.StringIO(), io.StringIO()))
    engine = context.installation().database.engine
    used = engine.pool
    context.close()
    assert engine.pool is not used  # SQLAlchemy puts an empty one in the place of those it closes


@pytest.mark.databases("sqlite")
def test_a_server_that_is_away_is_a_sentence_without_the_password(tmp_path: Path, clock: Clock) -> None:
    url = "postgresql://me:sesame@127.0.0.1:1/microcred"
    console = Console(World({"MICROCRED_HOME": str(tmp_path), "MICROCRED_DATABASE_URL": url}, clock))
    for command in (["doctor"], ["db", "upgrade"], ["db", "check"], ["init", "--sample"], ["serve"]):
        assert console(*command) == 1
        assert "The database cannot be reached: " in console.err.getvalue()
        assert "refused" in console.err.getvalue()
        assert "sesame" not in console.err.getvalue() + console.out.getvalue()
    assert "sesame" not in repr(settings_of(console.world))


def test_a_request_while_the_server_is_away_is_asked_to_come_again(
    postgres_alone: Server, clock: Clock, tmp_path: Path
) -> None:
    environ = {"MICROCRED_HOME": str(tmp_path / "home"), "MICROCRED_DATABASE_URL": postgres_alone.make("home")}
    world = World(environ, clock)
    sample = samples.prepare(settings_of(world), world)
    client = Client(build(checker(world, sample.service), sample.service), sample.service.addresses.base_url)
    assert report(client, sample, "before") == 201
    postgres_alone.stop()
    for answer in (client.post("/completions", json=REPORT, headers=bearer(sample)), client.get("/credentials/x.json")):
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.json()["code"] == "DATABASE_UNREACHABLE"
        assert "postgres" not in answer.text
    postgres_alone.start()
    assert report(client, sample, "before") == 200
    assert report(client, sample, "after") == 201
    sample.service.database.close()
