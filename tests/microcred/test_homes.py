"""Homes that are not as they must be, and dangerous settings: a sentence that says what to do, never a trace."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from issuer.db import Database, open_database
from issuer.errors import StorageError
from issuer.jobs.settings import SETTINGS as DELIVERY_SETTINGS
from issuer.settings import SETTINGS as ISSUER_SETTINGS
from microcred import installation
from microcred.installation import open_installation, settings_of
from microcred.samples import Sample
from microcred.world import World
from tests.conftest import ROOT
from tests.crash.reports import completion
from tests.databases import read_only
from tests.microcred.conftest import Clock, Console
from tests.verifier.web_client import Client
from verifier.settings import PREFIX
from verifier.settings import SETTINGS as VERIFIER_SETTINGS

pytestmark = pytest.mark.databases("sqlite")

OWN = ("--name", "Example University", "--slug", "example", "--url", "https://www.example.edu", "--country", "IE")


def at(folder: Path, clock: Clock, **environ: str) -> Console:
    return Console(World({"MICROCRED_HOME": str(folder), **environ}, clock))


def test_the_readme_lists_every_setting() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    listed = [line.split("`")[1] for line in readme.splitlines() if line.startswith(f"| `{PREFIX}")]
    known = [row.name for row in (*ISSUER_SETTINGS, *DELIVERY_SETTINGS)]
    known += [PREFIX + row.name for row in VERIFIER_SETTINGS]
    assert sorted(listed) == sorted(known)


def test_a_home_has_one_institution(console: Console) -> None:
    assert console("init", *OWN) == 1
    assert "belongs to Northbridge University" in console.err.getvalue()


def test_init_takes_the_public_address(tmp_path: Path, clock: Clock) -> None:
    console = at(tmp_path / "own", clock)
    assert console("init", *OWN, "--base-url", "https://badges.example.edu") == 0
    assert "did:web:badges.example.edu" in console.out.getvalue()
    assert "this machine only" not in console.out.getvalue()


def test_a_home_for_this_machine_is_not_served_under_a_public_address(tmp_path: Path, clock: Clock) -> None:
    console = at(tmp_path / "own", clock)
    assert console("init", *OWN) == 0
    assert "this machine only" in console.out.getvalue()
    assert console("keys", "new") == 0
    assert console("serve", "--port", "0", "--base-url", "https://badges.example.edu") == 1
    assert "microcred init --base-url https://badges.example.edu" in console.err.getvalue()


def test_an_empty_folder_is_no_home(tmp_path: Path, clock: Clock) -> None:
    console = at(tmp_path, clock)
    assert console("doctor") == 1
    assert "microcred init" in console.err.getvalue()


def test_a_database_of_a_newer_version_is_left_alone(console: Console, world: World) -> None:
    file = Path(world.environ["MICROCRED_HOME"]) / "microcred.sqlite3"
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    for command in (["doctor"], ["db", "upgrade"], ["init", "--sample"]):
        assert console(*command) == 1
        assert "newer microcred (revision 9999" in console.err.getvalue()


def test_a_file_that_is_no_database_is_a_sentence(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "microcred.sqlite3").write_bytes(b"This is a letter, not a database.\n" * 40)
    for command in (["doctor"], ["db", "upgrade"], ["init", "--sample"]):
        console = at(tmp_path, clock)
        assert console(*command) == 1
        assert "not a database" in console.err.getvalue()


def test_a_database_that_has_no_folder_is_a_sentence(tmp_path: Path, clock: Clock) -> None:
    console = at(tmp_path, clock, MICROCRED_DATABASE_URL=f"sqlite:///{tmp_path}/absent/x.sqlite3")
    assert console("doctor") == 1
    assert "cannot be opened" in console.err.getvalue()


def test_a_full_disk_is_an_error_that_changes_nothing(world: World) -> None:
    database = open_database(settings_of(world).database_url, world.random_bytes)
    with database.begin_read() as tx:
        pages = tx.connection.exec_driver_sql("PRAGMA page_count").scalar()
        tx.connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StorageError, match="full"):
        _fill(database)
    with database.begin_read() as tx:
        assert tx.connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'filler'").first() is None
    database.close()


def test_a_disk_that_cannot_be_written_is_an_error_that_changes_nothing(client: Client, sample: Sample) -> None:
    content, headers = completion("a"), {"Authorization": f"Bearer {sample.token}"}
    with read_only(sample.service.database):
        answer = client.post("/completions", json=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (503, "STORAGE_ERROR")
    assert answer.json()["detail"].startswith("The database")
    assert sample.service.completions.page() == []
    assert client.post("/completions", json=content, headers=headers).status_code == 201


def _fill(database: Database) -> None:
    with database.begin_write() as tx:
        tx.connection.exec_driver_sql("CREATE TABLE filler AS SELECT zeroblob(1000000) AS content")


def test_users_without_a_name_can_work_too(monkeypatch: pytest.MonkeyPatch, console: Console) -> None:
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found: 4242")

    monkeypatch.setattr("getpass.getuser", nameless)
    assert console("tokens", "new", "moodle", "--scope", "completions:write") == 0


def test_dangerous_settings_are_said(world: World, sample: Sample) -> None:
    tests_only = {"MICROCRED_VC_API": "on", "MICROCRED_VC_API_AUTH": "none", "MICROCRED_VC_API_BINDING": "proof-only"}
    loud = Console(replace(world, environ={**world.environ, **tests_only}))
    assert loud("doctor") == 0
    assert "! MICROCRED_VC_API_AUTH=none" in loud.out.getvalue()
    assert "! MICROCRED_VC_API_BINDING=proof-only" in loud.out.getvalue()
    off = Console(replace(world, environ={**world.environ, **tests_only, "MICROCRED_VC_API": "off"}))
    assert off("doctor") == 0
    assert "! MICROCRED_" not in off.out.getvalue()


def test_the_verifier_of_another_machine_is_where_links_lead(world: World, sample: Sample) -> None:
    assert sample.service.addresses.verify_page() == "http://127.0.0.1:8000/"
    elsewhere = {**world.environ, "MICROCRED_VERIFIER_URL": "https://verify.example.edu/"}
    service = open_installation(settings_of(replace(world, environ=elsewhere)), world).service()
    assert service.addresses.verify_page() == "https://verify.example.edu/"
    assert service.addresses.base_url == installation.DEFAULT_BASE_URL
