"""Databases for tests, the same way on each kind: empty ones, and copies of one that was prepared once.

A template is prepared once in a process by a function that gets its URL, and copied for each test: a file, or a
database of the server that gets its rows back.
"""

from __future__ import annotations

import atexit
import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

import psycopg
from sqlalchemy import event

from issuer.db import Database
from tests.postgres import Server

KINDS: Final = ("sqlite", "postgresql")

Prepare = Callable[[str], None]
"""Fills the database at a URL, and leaves no connection to it open."""


class Databases(Protocol):
    """Makes databases of one kind, which are gone after the test."""

    def empty(self) -> str:
        """Return the URL of a database with nothing in it."""
        ...

    def copy(self, prepare: Prepare) -> str:
        """Return the URL of a database as `prepare` leaves it."""
        ...


class SqliteDatabases:
    """Files in a folder."""

    _templates: Final[dict[Prepare, Path]] = {}

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)

    def empty(self) -> str:
        return f"sqlite:///{self._new()}"

    def copy(self, prepare: Prepare) -> str:
        if prepare not in self._templates:
            folder = Path(tempfile.mkdtemp(prefix="mc-sqlite-"))
            atexit.register(shutil.rmtree, folder)
            self._templates[prepare] = folder / "template.sqlite3"
            prepare(f"sqlite:///{self._templates[prepare]}")
        return f"sqlite:///{shutil.copyfile(self._templates[prepare], self._new())}"

    def _new(self) -> Path:
        return self._folder / f"database-{next(self._numbers)}.sqlite3"


class PostgresDatabases:
    """Databases of one server. Those that were copied are put back after a test, and used again."""

    _numbers: Final = itertools.count(1)
    _templates: Final[dict[tuple[Server, Prepare], str]] = {}
    _free: Final[dict[tuple[Server, Prepare], list[_Reusable]]] = {}

    def __init__(self, server: Server) -> None:
        self._server = server
        self._made: list[str] = []
        self._used: list[tuple[Prepare, _Reusable]] = []

    def empty(self) -> str:
        return self._server.make(self._new())

    def copy(self, prepare: Prepare) -> str:
        free = self._free.setdefault((self._server, prepare), [])
        reusable = free.pop() if free else self._copied(prepare)
        self._used.append((prepare, reusable))
        return self._server.url(reusable.name)

    def drop(self) -> None:
        """Remove what was made, and put back what was copied."""
        for name in self._made:
            self._server.drop(name)
        for prepare, reusable in self._used:
            if reusable.put_back():
                self._free[self._server, prepare].append(reusable)
            else:
                self._server.drop(reusable.name)

    def _copied(self, prepare: Prepare) -> _Reusable:
        known = (self._server, prepare)
        if known not in self._templates:
            name = f"template_{next(self._numbers)}"
            prepare(self._server.make(name))
            self._templates[known] = name
        name = f"copy_{next(self._numbers)}"
        self._server.make(name, self._templates[known])
        return _Reusable(name, self._server.connect(name))

    def _new(self) -> str:
        self._made.append(f"test_{next(self._numbers)}")
        return self._made[-1]


class _Reusable:
    """A database that remembers its rows: to put them back takes a tenth of the time of a new database."""

    def __init__(self, name: str, connection: psycopg.Connection[Any]) -> None:
        self.name = name
        self._connection = connection
        tables = self._column("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        self._run("CREATE SCHEMA remembered")
        for table in tables:
            self._run(f'CREATE TABLE remembered."{table}" AS TABLE public."{table}"')
        counters = self._column(
            "SELECT format('SELECT setval(%L, %s, %L)', oid::regclass, coalesce(pg_sequence_last_value(oid), 1),"
            " pg_sequence_last_value(oid) IS NOT NULL) FROM pg_class"
            " WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace"
        )
        full = [table for table in tables if self._column(f'SELECT 1 FROM remembered."{table}" LIMIT 1')]
        self._script = "; ".join(
            (
                "BEGIN",
                "SET LOCAL lock_timeout = '2s'",
                "SET LOCAL session_replication_role = replica",  # no foreign keys while the rows come and go
                *(f'DELETE FROM public."{table}"' for table in tables),
                *(f'INSERT INTO public."{table}" SELECT * FROM remembered."{table}"' for table in full),
                *counters,
                "COMMIT",
            )
        )
        self._shape = self._column(_SHAPE)

    def put_back(self) -> bool:
        """Cut all connections and put the rows back; False if more than rows was changed, or somebody is in the way."""
        try:
            self._run(_ALONE)
            if self._column(_SHAPE) == self._shape:
                self._run(self._script)
                return True
        except psycopg.Error:
            self._connection.close()
        self._connection.close()
        return False

    def _run(self, statement: str) -> None:
        self._connection.execute(statement.encode())

    def _column(self, statement: str) -> list[Any]:
        return [row[0] for row in self._connection.execute(statement.encode())]


_ALONE: Final = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_SHAPE: Final = """
WITH ours AS (SELECT oid, relkind FROM pg_class WHERE relnamespace = 'public'::regnamespace)
SELECT concat_ws(' ', 'schema', nspname) FROM pg_namespace WHERE nspname !~ '^pg_'
UNION ALL SELECT concat_ws(' ', 'class', oid, relkind) FROM ours
UNION ALL SELECT concat_ws(' ', 'cell', oid, attnum, atttypid, attnotnull) FROM pg_attribute, ours WHERE oid = attrelid
UNION ALL SELECT concat_ws(' ', 'rule', c.oid, convalidated) FROM pg_constraint AS c, ours WHERE ours.oid = conrelid
UNION ALL SELECT concat_ws(' ', 'index', oid, indisvalid) FROM pg_index, ours WHERE oid = indexrelid
UNION ALL SELECT concat_ws(' ', 'setting', setdatabase, setconfig) FROM pg_db_role_setting
ORDER BY 1
"""
"""All that a test could change apart from rows."""


@contextmanager
def read_only(database: Database) -> Iterator[None]:
    """A SQLite database on a disk that cannot be written for a while."""
    is_over = False

    def refuse(connection: Any, *_: Any) -> None:
        connection.execute(f"PRAGMA query_only = {'OFF' if is_over else 'ON'}")

    event.listen(database.engine, "checkout", refuse)
    try:
        yield
    finally:
        is_over = True
