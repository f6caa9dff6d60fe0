"""Where the job engine keeps its records: a SQLite file in WAL mode, or a schema of a PostgreSQL database."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, create_engine, event, make_url

from issuer.db import Database
from issuer.db_kinds import QUIET

SCHEMA: Final = "microcred_jobs"
"""The schema in PostgreSQL: beside our own tables, which are in the default one."""
FILE: Final = "jobs.sqlite3"
"""The file beside a SQLite database. Not the same file: the engine's many small commits would wait for ours."""
_POOL: Final = 4
"""Connections of one process to PostgreSQL, and as many more for a burst."""


def records_url(database: Database) -> str:
    """Return the URL of the engine's records that belong to a database."""
    url = database.engine.url
    if url.get_backend_name() == "sqlite":
        return f"sqlite:///{Path(url.database or '').with_name(FILE)}"
    return url.render_as_string(hide_password=False)


def open_engine(url: str) -> Engine:
    """Open the records. SQLite gets WAL, full synchronisation and immediate transactions, as our own database has."""
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, **QUIET, pool_size=_POOL, max_overflow=_POOL, pool_pre_ping=True)
    engine = create_engine(url, **QUIET)
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = "IMMEDIATE"
    for pragma in ("busy_timeout=30000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
