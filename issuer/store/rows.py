"""Records to rows and back. A record's field names are its table's column names, so nothing is listed twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any, Final, TypeVar

from sqlalchemy import Executable, Select, Table
from sqlalchemy.dialects import postgresql, sqlite

from issuer.db import Transaction

R = TypeVar("R")

MAX_PAGE: Final = 1_000
"""Rows of one page: a few megabytes of answer at most."""

_INSERT: Final[Mapping[str, Callable[[Table], Any]]] = MappingProxyType(
    {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
)


def read_one(tx: Transaction, statement: Select[Any], kind: type[R]) -> R | None:
    """Return the first row as a record of `kind`, or `None`."""
    row = tx.connection.execute(statement).mappings().first()
    return None if row is None else kind(**row)


def read_all(tx: Transaction, statement: Select[Any], kind: type[R]) -> tuple[R, ...]:
    """Return all rows as records of `kind`."""
    return tuple(kind(**row) for row in tx.connection.execute(statement).mappings())


def insert(tx: Transaction, table: Table, record: Any) -> None:
    """Insert a record. A key that exists raises `sqlalchemy.exc.IntegrityError`."""
    tx.connection.execute(table.insert(), _values(record))


def insert_new(tx: Transaction, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert a row unless one of its keys exists; True if it was inserted. Waits for a rival that is not done."""
    make = _INSERT[tx.connection.dialect.name]
    result = tx.connection.execute(make(table).values(dict(values)).on_conflict_do_nothing())
    return bool(result.rowcount == 1)


def changed(tx: Transaction, statement: Executable) -> int:
    """Run an update and return how many rows it changed."""
    return int(tx.connection.execute(statement).rowcount)


def _values(record: Any) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(record)}
