"""The database: opening it, and the only two ways to talk to it.

    database = open_database(settings.database_url, secrets.token_bytes)
    with database.begin_write(institution.id) as tx: ...   # all of it or nothing, one writer at a time
    with database.begin_read(institution.id) as tx: ...    # one consistent view

Every store function takes the `Transaction`; none opens one of its own, so that a caller can put many steps into
one. SQLite runs in WAL mode with `synchronous=FULL` (NORMAL may lose the last commits when the power fails) and
`BEGIN IMMEDIATE` (a deferred transaction that reads and then writes fails with "database is locked" under load).
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError

from issuer.errors import BusyError, SettingsError, StorageError

RandomBytes = Callable[[int], bytes]
"""Gives that many random bytes fit for secrets; `secrets.token_bytes` in production."""

BUSY_TIMEOUT_MS: Final = 30_000
"""How long a writer waits for its turn: far above the longest transaction, below what clients and proxies wait."""
_POOL_SIZE: Final = 16
_POOL_OVERFLOW: Final = 48
"""Open connections kept, and more for a burst: together the number of threads that a web worker runs at once."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """One transaction, in the scope of one institution or (`scope` is None) of the whole installation."""

    connection: Connection
    random_bytes: RandomBytes
    scope: UUID | None

    @property
    def institution_id(self) -> UUID:
        """The institution in whose scope this runs. Without one, asking is a mistake of the program."""
        if self.scope is None:
            raise RuntimeError("this transaction was begun without an institution")
        return self.scope

    def within(self, institution_id: UUID) -> Transaction:
        """Return the same transaction in the scope of an institution."""
        return replace(self, scope=institution_id)

    def new_id(self, now: datetime) -> UUID:
        """Return a new primary key."""
        return new_id(now, self.random_bytes)


@dataclass(frozen=True, slots=True)
class Database:
    """An open database. `turn` is held while writing: in SQLite threads queue here instead of polling the file."""

    engine: Engine
    random_bytes: RandomBytes
    turn: AbstractContextManager[Any]

    @contextmanager
    def begin_write(self, institution_id: UUID | None = None) -> Iterator[Transaction]:
        """A transaction that may write: committed when the block ends, rolled back when it raises.

        Raises `BusyError` if other writers leave no turn within `BUSY_TIMEOUT_MS`, `StorageError` if the file or the
        disk refuses.
        """
        with _refusals(), self.turn, self.engine.connect() as connection:
            try:
                begun = connection.execution_options(microcred_write=True).begin()
            except OperationalError:
                raise BusyError("The database is busy with other writers. Try again in a minute.") from None
            with begun:
                yield Transaction(connection, self.random_bytes, institution_id)

    @contextmanager
    def begin_read(self, institution_id: UUID | None = None) -> Iterator[Transaction]:
        """A transaction that only reads, all of it from one moment; nothing is kept of what it might write.

        Raises `StorageError` if the file cannot be read.
        """
        with _refusals(), self.engine.connect() as connection, connection.begin() as begun:
            yield Transaction(connection, self.random_bytes, institution_id)
            begun.rollback()

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def open_database(url: str, random_bytes: RandomBytes) -> Database:
    """Open the database at a SQLAlchemy URL, such as `sqlite:////srv/var/microcred.sqlite3`; makes an empty file.

    Raises `SettingsError` for a URL that cannot be read, a database that is not supported, or one in memory.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise SettingsError("MICROCRED_DATABASE_URL is not a database URL, such as sqlite:///var/x.sqlite3.") from None
    prepare = _PREPARE.get(parsed.get_backend_name())
    if prepare is None:
        raise SettingsError(
            f"MICROCRED_DATABASE_URL names {parsed.get_backend_name()}; supported are: {', '.join(_PREPARE)}."
        )
    if not parsed.database or parsed.database == ":memory:":
        raise SettingsError("MICROCRED_DATABASE_URL must name a file: a database in memory would be forgotten.")
    engine = create_engine(parsed, pool_size=_POOL_SIZE, max_overflow=_POOL_OVERFLOW)
    return Database(engine, random_bytes, prepare(engine))


_REFUSALS: Final[Mapping[int, str]] = MappingProxyType(
    {
        sqlite3.SQLITE_FULL: "The disk that holds the database is full. Nothing was changed; make room and try again.",
        sqlite3.SQLITE_IOERR: "The disk that holds the database does not work as it must. Look after the machine.",
        sqlite3.SQLITE_READONLY: "The database cannot be written. Give its folder and all files in it to the user that "
        "runs microcred.",
        sqlite3.SQLITE_CANTOPEN: "The database file cannot be opened. Check that its folder exists and that the user "
        "that runs microcred may read and write it.",
        sqlite3.SQLITE_NOTADB: "The database file is not a database. Restore it from a backup, or name another one.",
        sqlite3.SQLITE_CORRUPT: "The database file is damaged. Restore it from a backup.",
    }
)
"""What SQLite refuses for reasons outside of the program, by primary result code (https://sqlite.org/rescode.html)."""


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn what the file or the disk refuses into a sentence; mistakes of the program stay what they are."""
    try:
        yield
    except DatabaseError as error:
        sentence = _REFUSALS.get(getattr(error.orig, "sqlite_errorcode", 0) & 0xFF)
        if sentence is None:
            raise
        raise StorageError(sentence) from error


def new_id(now: datetime, random_bytes: RandomBytes) -> UUID:
    """Return a UUIDv7 (RFC 9562 section 5.7) for an aware time, with the fraction of the millisecond in `rand_a`.

    Keys made later sort later down to a quarter of a microsecond (section 6.2, method 3), which keeps inserts at the
    end of the index; 62 random bits keep keys of the same moment apart.
    """
    microseconds = int(now.timestamp()) * 1_000_000 + now.microsecond
    milliseconds, rest = divmod(microseconds, 1_000)
    fraction = rest * 4_096 // 1_000
    noise = int.from_bytes(random_bytes(8), "big") >> 2
    return UUID(int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | noise)


def _prepare_sqlite(engine: Engine) -> AbstractContextManager[Any]:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself: `_begin` does
        cursor = connection.cursor()
        for pragma in (f"busy_timeout={BUSY_TIMEOUT_MS}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("microcred_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return threading.Lock()


_PREPARE: Final[Mapping[str, Callable[[Engine], AbstractContextManager[Any]]]] = MappingProxyType(
    {"sqlite": _prepare_sqlite}
)
"""What a kind of database needs before its first use, and the lock that its writers take turns with."""
