"""What is PostgreSQL's own: addresses, limits, and all that can happen to a server or to the line to it."""

# ruff: noqa: PT012  # what raises is a transaction with all that is in it

from __future__ import annotations

import logging
import secrets
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from sqlalchemy import text

from issuer import db_postgresql
from issuer.db import Database, open_database
from issuer.db_kinds import Waits
from issuer.errors import BusyError, IssuerError, SettingsError, StorageError, UnreachableError
from issuer.model import Institution
from issuer.store import institutions
from tests.databases import Databases
from tests.issuer.samples import open_home, prepare_home
from tests.postgres import Server

pytestmark = pytest.mark.databases("postgresql")
Home = tuple[Database, Institution]


@pytest.fixture
def lonely(home_url: str, postgres: Server) -> Iterator[Database]:
    """A database opened by a user who is no superuser and may do nothing but look at one table."""
    postgres.execute("DROP ROLE IF EXISTS lonely")
    postgres.execute("CREATE ROLE lonely LOGIN CONNECTION LIMIT 1")
    name = home_url.partition("@/")[2].partition("?")[0]
    postgres.execute("GRANT SELECT ON institution TO lonely", name)
    database = open_database(home_url.replace("postgres@", "lonely@"), secrets.token_bytes, Waits(turn=100))
    yield database
    database.close()
    postgres.execute("DROP OWNED BY lonely", name)
    postgres.execute("DROP ROLE lonely")


def scalar(database: Database, statement: str, **options: bool) -> Any:
    with database.begin_read(**options) as tx:
        return tx.connection.scalar(text(statement))


def write(database: Database, statement: str) -> None:
    with database.begin_write() as tx:
        tx.connection.execute(text(statement))


@pytest.mark.parametrize("beginning", ["postgresql://", "postgres://", "postgresql+psycopg://"])
def test_the_ways_to_write_the_address(home_url: str, beginning: str) -> None:
    database, institution = open_home(home_url.replace("postgresql://", beginning))
    assert institution.slug == "uni"
    assert database.describe().startswith("PostgreSQL 1")
    database.close()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("postgresql://user@host", "must name a database"),
        ("postgresql+asyncpg://user@host/x", "begins with postgresql\\+asyncpg"),
        ("postgresql://user@host:port/x", "not a database URL"),
        ("postgresql://user@host/x?colour=red", "parameter that is wrong.*colour"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused(url: str, sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        open_database(url, secrets.token_bytes)


def test_without_the_driver_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(SettingsError, match=r"pip install 'microcred\[postgresql\]'"):
        open_database("postgresql://user@host/x", secrets.token_bytes)


def test_the_password_is_never_said(caplog: pytest.LogCaptureFixture) -> None:
    database = open_database("postgresql://user:sesame@127.0.0.1:1/x", secrets.token_bytes)
    with caplog.at_level(logging.DEBUG), pytest.raises(UnreachableError) as caught, database.begin_read():
        raise AssertionError
    assert "refused" in caught.value.reason
    assert "127.0.0.1" not in caught.value.detail
    assert "refused" in caplog.text
    assert "sesame" not in caplog.text + repr(database) + str(caught.value) + caught.value.reason


def test_what_a_connection_is_set_to(home: Home, postgres: Server) -> None:
    postgres.execute("ALTER ROLE postgres SET synchronous_commit = off")
    try:
        shown = {name: scalar(home[0], f"SHOW {name}") for name in _SHOWN}
    finally:
        postgres.execute("ALTER ROLE postgres RESET synchronous_commit")
    best = "lz4" if "lz4" in postgres.execute(_COMPRESSIONS)[0][0] else "pglz"
    assert shown == {**_SHOWN, "default_toast_compression": best}


_COMPRESSIONS = "SELECT enumvals FROM pg_settings WHERE name = 'default_toast_compression'"
_SHOWN = {
    "lock_timeout": "30s",
    "statement_timeout": "1min",
    "idle_in_transaction_session_timeout": "1min",
    "synchronous_commit": "on",
    "default_toast_compression": "",
    "transaction_isolation": "repeatable read",
    "transaction_read_only": "on",
    "client_encoding": "UTF8",
    "application_name": "microcred",
}


def test_a_closed_connection_is_replaced_unnoticed(home: Home, postgres: Server) -> None:
    database, first = home
    for begin in (database.begin_read, database.begin_write):
        (pid,) = [scalar(database, "SELECT pg_backend_pid()")]
        postgres.execute(f"SELECT pg_terminate_backend({pid}, 5000)")
        with begin() as tx:
            assert institutions.every(tx) == (first,)


def test_a_line_that_breaks_in_the_middle_leaves_nothing(home: Home, postgres: Server) -> None:
    database, first = home
    with pytest.raises(UnreachableError, match="Ask again"), database.begin_write() as tx:
        institutions.move(tx, first.id, "https://elsewhere.example")
        pid = tx.connection.scalar(text("SELECT pg_backend_pid()"))
        postgres.execute(f"SELECT pg_terminate_backend({pid}, 5000)")
    with database.begin_read() as tx:
        assert institutions.every(tx) == (first,)


def test_a_statement_and_a_program_that_are_stuck_are_cut_off(home_url: str) -> None:
    waits = Waits(statement=50, idle=50)
    database = open_database(home_url, secrets.token_bytes, waits)
    with pytest.raises(BusyError, match="try again"):
        scalar(database, "SELECT pg_sleep(20)")
    assert scalar(database, "SELECT 1 FROM pg_sleep(0.2)", unhurried=True) == 1
    with pytest.raises(UnreachableError), database.begin_read() as tx:
        time.sleep(0.5)
        tx.connection.execute(text("SELECT 1"))
    database.close()


def test_a_server_without_a_free_connection(lonely: Database) -> None:
    with lonely.begin_read(), pytest.raises(UnreachableError) as caught, lonely.begin_read():
        raise AssertionError
    assert "too many connections" in caught.value.reason
    with lonely.begin_read() as tx:
        assert len(institutions.every(tx)) == 1


def test_all_connections_of_the_process_in_use(home_url: str) -> None:
    database = open_database(home_url, secrets.token_bytes, Waits(turn=100))
    with ExitStack() as uses, pytest.raises(BusyError, match="in use"):
        for _ in range(100):
            uses.enter_context(database.begin_read())
    with database.begin_read() as tx:
        assert len(institutions.every(tx)) == 1
    database.close()


def test_what_the_user_may_not_do(lonely: Database) -> None:
    with pytest.raises(StorageError, match="does not allow"):
        write(lonely, "DELETE FROM institution")


def test_a_database_that_only_reads(home_url: str, postgres: Server) -> None:
    name = home_url.partition("@/")[2].partition("?")[0]
    postgres.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    database, _ = open_home(home_url)
    with pytest.raises(StorageError, match="read only"):
        write(database, "DELETE FROM institution")
    database.close()


@pytest.mark.parametrize(
    ("state", "error", "sentence"),
    [
        ("53100", StorageError, "full"),
        ("53200", StorageError, "memory"),
        ("58030", StorageError, "disk"),
        ("XX001", StorageError, "damage"),
        ("40001", BusyError, "try again"),
        ("40P01", BusyError, "try again"),
        ("08006", UnreachableError, "Ask again"),
        ("57P03", UnreachableError, "Ask again"),
    ],
)
def test_what_a_server_refuses_is_a_sentence(home: Home, state: str, error: type[IssuerError], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        write(home[0], f"DO $$ BEGIN RAISE SQLSTATE '{state}'; END $$")


def test_a_mistake_of_the_program_stays_one(home: Home) -> None:
    with pytest.raises(Exception, match="does not exist") as caught:
        write(home[0], "SELECT 1 FROM nothing_of_that_name")
    assert not isinstance(caught.value, IssuerError)


def test_a_transaction_is_not_kept_in_part(home: Home) -> None:
    """PostgreSQL answers COMMIT after a failed statement with a rollback that raises nothing."""
    with pytest.raises(RuntimeError, match="none of it can be kept"), home[0].begin_write() as tx:
        institutions.move(tx, home[1].id, "https://elsewhere.example")
        with pytest.raises(Exception, match="duplicate key"):
            institutions.add(tx, home[1])
    with home[0].begin_read() as tx:
        assert institutions.every(tx) == (home[1],)


def test_a_database_must_be_utf8_and_the_server_new_enough(
    databases: Databases, postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres.execute("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
    database = open_database(postgres.url("latin"), secrets.token_bytes)
    with pytest.raises(SettingsError, match="UTF8"), database.begin_read():
        raise AssertionError
    postgres.drop("latin")
    monkeypatch.setattr(db_postgresql, "OLDEST", 99)
    database = open_database(databases.empty(), secrets.token_bytes)
    with pytest.raises(SettingsError, match="PostgreSQL 99 or newer"), database.begin_read():
        raise AssertionError


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["stopped", "crashed"])
def test_a_server_that_goes_and_comes_back(how: signal.Signals, postgres_alone: Server, database_kind: str) -> None:
    """What was confirmed is there, and what was begun is not; the program is not started again."""
    database = _fresh(postgres_alone)
    with pytest.raises(UnreachableError), database.begin_write() as tx:
        institutions.move(tx, institutions.every(tx)[0].id, "https://elsewhere.example")
        postgres_alone.stop(how)
    for begin in (database.begin_read, database.begin_write):
        with pytest.raises(UnreachableError), begin():
            raise AssertionError
    postgres_alone.start()
    with database.begin_write() as tx:
        assert institutions.every(tx)[0].base_url == "https://uni.example"
        institutions.move(tx, institutions.every(tx)[0].id, "https://new.example")
    postgres_alone.stop(how)
    postgres_alone.start()
    with database.begin_read() as tx:
        assert institutions.every(tx)[0].base_url == "https://new.example"
    database.close()


def _fresh(server: Server) -> Database:
    server.drop("home")
    url = server.make("home")
    prepare_home(url)
    return open_home(url)[0]
