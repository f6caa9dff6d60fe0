"""SQLite: WAL with `synchronous=FULL` (NORMAL may lose the last commits when the power fails), `BEGIN IMMEDIATE`.

A deferred transaction that reads and then writes fails with "database is locked" under load; an immediate one waits
for its turn.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from issuer.db_kinds import QUIET, WRITES, Kind, Waits
from issuer.errors import BusyError, IssuerError, SettingsError, StorageError

_POOL_SIZE: Final = 16
_POOL_OVERFLOW: Final = 48
"""Open connections kept, and more for a burst: together the number of threads that a web worker runs at once."""

_REFUSALS: Final[Mapping[int, tuple[type[IssuerError], str]]] = MappingProxyType(
    {
        sqlite3.SQLITE_BUSY: (BusyError, "The database is busy with other writers. Try again in a minute."),
        sqlite3.SQLITE_FULL: (
            StorageError,
            "The disk that holds the database is full. Nothing was changed; make room and try again.",
        ),
        sqlite3.SQLITE_IOERR: (
            StorageError,
            "The disk that holds the database does not work as it must. Look after the machine.",
        ),
        sqlite3.SQLITE_READONLY: (
            StorageError,
            "The database cannot be written. Give its folder and all files in it to the user that runs microcred.",
        ),
        sqlite3.SQLITE_CANTOPEN: (
            StorageError,
            "The database file cannot be opened. Check that its folder exists and that the user that runs microcred "
            "may read and write it.",
        ),
        sqlite3.SQLITE_NOTADB: (
            StorageError,
            "The database file is not a database. Restore it from a backup, or name another one.",
        ),
        sqlite3.SQLITE_CORRUPT: (StorageError, "The database file is damaged. Restore it from a backup."),
    }
)
"""By primary result code (https://sqlite.org/rescode.html)."""


def _open(url: URL, waits: Waits) -> Engine:
    if not url.database or url.database == ":memory:":
        raise SettingsError("MICROCRED_DATABASE_URL must name a file: a database in memory would be forgotten.")
    engine = create_engine(
        url, **QUIET, pool_size=_POOL_SIZE, max_overflow=_POOL_OVERFLOW, pool_timeout=waits.turn / 1_000
    )

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself: `_begin` does
        cursor = connection.cursor()
        for pragma in (f"busy_timeout={waits.turn}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _explain(error: DBAPIError) -> IssuerError | None:
    kind, sentence = _REFUSALS.get(getattr(error.orig, "sqlite_errorcode", 0) & 0xFF, (None, ""))
    return None if kind is None else kind(sentence)


def _faults(connection: Connection) -> Iterator[str]:
    for (text,) in connection.exec_driver_sql("PRAGMA integrity_check"):
        if text != "ok":
            yield f"The database file is damaged: {text}."
    for table, row, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check"):
        yield f"Row {row} of the table {table} points to a row of {parent} that is not there."


def _risks(_connection: Connection) -> Iterable[str]:
    """Every connection here sets what keeps a commit: `synchronous=FULL`."""
    return ()


def _renumber(_connection: Connection, _table: str, _column: str) -> None:
    """SQLite goes on after the largest value by itself."""


SQLITE: Final = Kind("SQLite", _open, _explain, _faults, _risks, _renumber, "BINARY")
