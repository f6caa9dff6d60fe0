"""The database: opening it, and the only two ways to talk to it.

    database = open_database(settings.database_url, secrets.token_bytes)
    with database.begin_write(institution.id) as tx: ...   # all of it or nothing, one writer at a time
    with database.begin_read(institution.id) as tx: ...    # one consistent view

Every store function takes the `Transaction`; none opens one of its own, so that a caller can put many steps into
one. The same code runs on SQLite and on PostgreSQL; what they need of their own is a row of `KINDS`.
"""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

from sqlalchemy import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from issuer.db_kinds import UNHURRIED, WRITES, Kind, Waits
from issuer.db_postgresql import POSTGRESQL
from issuer.db_sqlite import SQLITE
from issuer.errors import BusyError, SettingsError, UnreachableError

RandomBytes = Callable[[int], bytes]
"""Gives that many random bytes fit for secrets; `secrets.token_bytes` in production."""

KINDS: Final[Mapping[str, Kind]] = MappingProxyType({"sqlite": SQLITE, "postgresql": POSTGRESQL})
"""What each supported kind of database has of its own."""
_DRIVERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "sqlite": "sqlite",
        "postgresql": "postgresql+psycopg",
        "postgresql+psycopg": "postgresql+psycopg",
        "postgres": "postgresql+psycopg",
    }
)
"""The beginning of a URL as people write it, and as SQLAlchemy wants it."""

WAITS: Final = Waits()
"""How long the service waits for its database."""

_log: Final = logging.getLogger(__name__)


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


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Database:
    """An open database. `turn` is held while writing: the threads of a process queue here, not in the database.

    One that nobody refers to any more closes its connections.
    """

    engine: Engine
    kind: Kind
    random_bytes: RandomBytes
    waits: Waits
    turn: threading.Lock

    @contextmanager
    def begin_write(self, institution_id: UUID | None = None, *, unhurried: bool = False) -> Iterator[Transaction]:
        """A transaction that may write: committed when the block ends, rolled back when it raises.

        While it runs, no other one writes, in whichever process: what it reads stays true until its commit.
        `unhurried` is for a migration or a restore, whose statements may take long. Raises `BusyError` if other
        writers leave no turn within `Waits.turn`, `UnreachableError` if the server is away, `StorageError` if the
        file, the disk or the server refuses. When the line breaks at the commit, it may have happened.
        """
        with self._explained(), self._turn(), self._begun(writes=True, unhurried=unhurried) as connection:
            yield Transaction(connection, self.random_bytes, institution_id)
            connection.commit()

    @contextmanager
    def begin_read(self, institution_id: UUID | None = None, *, unhurried: bool = False) -> Iterator[Transaction]:
        """A transaction that only reads, all of it from one moment; nothing is kept of what it might write.

        `unhurried` is for reading everything. Raises `UnreachableError`, `StorageError`, and `BusyError` if all
        connections are in use.
        """
        with self._explained(), self._begun(writes=False, unhurried=unhurried) as connection:
            yield Transaction(connection, self.random_bytes, institution_id)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def describe(self) -> str:
        """Return which database this is, for a person: kind, version and place, never the password."""
        with self.begin_read() as tx:
            version = ".".join(str(number) for number in tx.connection.dialect.server_version_info or ())
        url = self.engine.url
        host = url.host or url.query.get("host")
        return f"{self.kind.title} {version}, {url.database}" + (f" at {host}" if host else "")

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self.turn.acquire(timeout=self.waits.turn / 1_000):
            raise BusyError("The service is busy with other writers. Try again in a minute.")
        try:
            yield
        finally:
            self.turn.release()

    @contextmanager
    def _begun(self, *, writes: bool, unhurried: bool) -> Iterator[Connection]:
        """A connection in a transaction.

        One that the server has closed since its last use is replaced unnoticed: nothing was done on it yet. That
        costs nothing while all is well, unlike a question before each use.
        """
        options = {WRITES: writes, UNHURRIED: unhurried}
        try:
            connection = self._begin(options)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            connection = self._begin(options)
        with connection:
            yield connection

    def _begin(self, options: Mapping[str, bool]) -> Connection:
        connection = self.engine.connect()
        try:
            connection.execution_options(**options).begin()
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what the database refuses into a sentence; mistakes of the program stay what they are."""
        try:
            yield
        except PoolTimeoutError as error:
            raise BusyError("All connections to the database are in use. Try again in a minute.") from error
        except DBAPIError as error:
            known = self.kind.explain(error)
            if known is None:
                raise
            if isinstance(known, UnreachableError):
                _log.warning("The database cannot be reached: %s", known.reason or error.orig)
            raise known from error


def open_database(url: str, random_bytes: RandomBytes, waits: Waits = WAITS) -> Database:
    """Open the database at a URL; a SQLite file that is not there is made.

    `sqlite:////srv/var/microcred.sqlite3` names a file, `postgresql://user:password@host:5432/microcred` a server
    (`postgres://` too); what SQLAlchemy and libpq take as parameters may follow, such as `?sslmode=verify-full`.
    Raises `SettingsError` for a URL that cannot be read, or a database that is not supported or in memory.
    """
    parsed = _parsed(url)
    kind = KINDS[parsed.get_backend_name()]
    database = Database(kind.open(parsed, waits), kind, random_bytes, waits, threading.Lock())
    weakref.finalize(database, database.engine.dispose)
    return database


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # ValueError: a port that is not a number
        raise SettingsError(
            "MICROCRED_DATABASE_URL is not a database URL, such as sqlite:////srv/microcred.sqlite3 or "
            "postgresql://user:password@host/microcred."
        ) from None
    driver = _DRIVERS.get(parsed.drivername)
    if driver is None:
        raise SettingsError(
            f"MICROCRED_DATABASE_URL begins with {parsed.drivername}; supported are: {', '.join(_DRIVERS)}."
        )
    return parsed.set(drivername=driver)


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
