"""PostgreSQL 15 or newer through psycopg 3, for installations of many processes or machines.

`BEGIN IMMEDIATE` of SQLite is an advisory lock here, taken with the first word of a transaction that writes: what it
reads stays true until its commit, as there. A transaction that reads has one snapshot (`REPEATABLE READ`).
The connections must be ours from end to end: a pooler between us and the server has to be in session mode.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, column, create_engine, event, func, select, table
from sqlalchemy.exc import DataError, DBAPIError, OperationalError

from issuer.db_kinds import COPIED_TYPES, QUIET, UNHURRIED, WRITES, Kind, Waits
from issuer.errors import BusyError, IssuerError, NotFoundError, SettingsError, StorageError, UnreachableError

OLDEST: Final = 15
"""The oldest version that the tests run on; older ones get no more fixes from 2026 on."""
_WRITER: Final = int.from_bytes(b"microcrd", "big")
"""The advisory lock of the one that writes: any number, the same for all processes, within one database."""
_POOL_SIZE: Final = 8
_POOL_OVERFLOW: Final = 8
"""Connections of one process, kept and for a burst: five such processes fit into the 100 of an untouched server."""
_PROBES: Final = 3
"""Unanswered keepalive probes after which the line is dead."""

_NUL: Final = "NUL (0x00)"
"""What psycopg says of a text with U+0000, which PostgreSQL cannot hold. None is ever stored, but anybody may ask."""
_BUSY: Final = "The database is busy with other work. Nothing was changed; try again in a minute."
_GONE: Final = (
    "The database cannot be reached now. Ask again in a minute: what was answered is kept, and the same request "
    "twice does the work once."
)
_REFUSALS: Final[Mapping[str, tuple[type[IssuerError], str]]] = MappingProxyType(
    {
        "08": (UnreachableError, _GONE),
        "57P01": (UnreachableError, _GONE),
        "57P02": (UnreachableError, _GONE),
        "57P03": (UnreachableError, _GONE),
        "57P05": (UnreachableError, _GONE),
        "25P03": (UnreachableError, _GONE),
        "53300": (UnreachableError, _GONE),
        "55P03": (BusyError, "The database is busy with other writers. Try again in a minute."),
        "57014": (BusyError, _BUSY),
        "40": (BusyError, _BUSY),
        "53100": (
            StorageError,
            "The disk that holds the database is full. Nothing was changed; make room and try again.",
        ),
        "53": (StorageError, "The database server is at the end of its memory or another limit. Look after it."),
        "25006": (StorageError, "The database cannot be written: it is a standby, or set to read only."),
        "42501": (StorageError, "The database does not allow this to the user that MICROCRED_DATABASE_URL names."),
        "58": (StorageError, "The disk that holds the database does not work as it must. Look after the machine."),
        "XX": (StorageError, "The database server reports damage or a defect of its own. Read its log."),
    }
)
"""By SQLSTATE, else by its class, the first two characters (PostgreSQL documentation, appendix A)."""
_RISKS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "fsync": "when the power fails, it may lose what it has confirmed, or all.",
        "full_page_writes": "when the power fails, it may find half-written pages that nothing can mend.",
    }
)
"""Settings of the server that must be on, and why; `synchronous_commit` is set on every connection of ours."""
_SETTINGS: Final = "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes') ORDER BY name"


def _open(url: URL, waits: Waits) -> Engine:
    if not url.database:
        raise SettingsError("MICROCRED_DATABASE_URL must name a database, as postgresql://user@host/microcred.")
    limits = {name: value for name, value in _limits(waits).items() if name not in url.query}
    try:
        engine = create_engine(
            url,
            **QUIET,
            # We begin transactions ourselves, with the lock or the snapshot in the same message.
            connect_args={"autocommit": True, **limits},
            use_native_hstore=False,
            pool_size=_POOL_SIZE,
            max_overflow=_POOL_OVERFLOW,
            pool_timeout=waits.turn / 1_000,
        )
    except ImportError:
        raise SettingsError("PostgreSQL needs one more package: pip install 'microcred[postgresql]'.") from None
    _check_parameters(engine)
    event.listen(engine, "connect", _connect(waits))
    event.listen(engine, "begin", _begin)
    event.listen(engine, "commit", _commit)
    event.listen(engine, "do_executemany", _copy)
    return engine


def _limits(waits: Waits) -> dict[str, object]:
    """What the client library must know before it connects (PostgreSQL documentation, section 32.1.2)."""
    probe = waits.silence // 1_000 // (_PROBES + 1)
    return {
        "application_name": "microcred",
        "client_encoding": "utf8",
        "connect_timeout": waits.connect // 1_000,
        "keepalives_idle": probe,
        "keepalives_interval": probe,
        "keepalives_count": _PROBES,
        "tcp_user_timeout": waits.silence,
    }


def _check_parameters(engine: Engine) -> None:
    """Raise `SettingsError` for a parameter in the URL that the client library does not know."""
    dbapi = engine.dialect.loaded_dbapi
    _, parameters = engine.dialect.create_connect_args(engine.url)
    try:
        dbapi.conninfo.make_conninfo(**{name: value for name, value in parameters.items() if name != "context"})
    except dbapi.ProgrammingError as error:
        raise SettingsError(f"MICROCRED_DATABASE_URL has a parameter that is wrong: {error}.") from None


def _connect(waits: Waits) -> Any:
    words = "; ".join(
        (
            f"SET lock_timeout = {waits.turn}",
            f"SET statement_timeout = {waits.statement}",
            f"SET idle_in_transaction_session_timeout = {waits.idle}",
            # Off confirms what a crash may lose. What else is set there, somebody chose because of a second server.
            "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
            # The default takes half of the time of an insert; what has it keeps it.
            "SELECT set_config(name, 'lz4', false) FROM pg_settings"
            " WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)",
        )
    )

    def listener(connection: Any, _record: Any) -> None:
        connection.execute(words)
        version = connection.info.server_version // 10_000
        encoding = connection.info.parameter_status("server_encoding")
        if version < OLDEST:
            raise SettingsError(f"PostgreSQL {OLDEST} or newer is needed; the server has version {version}.")
        if encoding != "UTF8":
            raise SettingsError(f"The database must be made with the encoding UTF8; it has {encoding}.")

    return listener


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    words = ["BEGIN" if options.get(WRITES) else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"]
    if options.get(UNHURRIED):
        words += ["SET LOCAL statement_timeout = 0", "SET LOCAL idle_in_transaction_session_timeout = 0"]
    if options.get(WRITES):
        words.append(f"SELECT pg_advisory_xact_lock({_WRITER})")
    connection.exec_driver_sql("; ".join(words))


def _commit(connection: Connection) -> None:
    """Refuse to commit after a statement that failed: the server would answer with a silent rollback."""
    driver: Any = connection.connection.driver_connection
    if driver.info.transaction_status == driver.info.transaction_status.INERROR:
        driver.rollback()
        raise RuntimeError("a statement of this transaction failed, so that none of it can be kept")


def _copy(cursor: Any, statement: str, rows: Iterable[tuple[Any, ...]], context: Any) -> bool:
    """Carry out a statement with many rows if it is a COPY, and say whether it was."""
    types = context.execution_options.get(COPIED_TYPES)
    if types is None:
        return False
    with cursor.copy(statement) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)
    return True


def _explain(error: DBAPIError) -> IssuerError | None:
    state = getattr(error.orig, "sqlstate", None)
    if isinstance(error, DataError) and _NUL in str(error.orig):
        return NotFoundError("Nothing here has a name with the character U+0000.")
    if state is None:  # the client library speaks: it could not connect, or has lost the connection
        lost = isinstance(error, OperationalError) or error.connection_invalidated
        return UnreachableError(_GONE, " ".join(str(error.orig).split())) if lost else None
    kind, sentence = _REFUSALS.get(state) or _REFUSALS.get(state[:2]) or (None, "")
    return None if kind is None else kind(sentence)


def _faults(connection: Connection) -> Iterator[str]:
    for name, owner in connection.exec_driver_sql(
        "SELECT conname, conrelid::regclass::text FROM pg_constraint"
        " WHERE NOT convalidated AND connamespace = current_schema()::regnamespace"
    ):
        yield f"The rule {name} of the table {owner} was never checked on the rows that are there."
    for (name,) in connection.exec_driver_sql(
        "SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
        " WHERE NOT indisvalid AND relnamespace = current_schema()::regnamespace"
    ):
        yield f"The index {name} is not usable. REINDEX makes it again."


def _risks(connection: Connection) -> Iterator[str]:
    for name, value in connection.exec_driver_sql(_SETTINGS):
        if value == "off":
            yield f"PostgreSQL has {name} = off: {_RISKS[name]} Set it to on, and reload the server."


def _renumber(connection: Connection, name: str, numbered: str) -> None:
    largest = select(func.max(column(numbered))).select_from(table(name)).scalar_subquery()
    sequence = func.pg_get_serial_sequence(name, numbered)
    connection.execute(select(func.setval(sequence, func.coalesce(largest, 1), largest.is_not(None))))


POSTGRESQL: Final = Kind("PostgreSQL", _open, _explain, _faults, _risks, _renumber, "C")
