"""Records to rows and back. A record's field names are its table's column names, so nothing is listed twice.

Many records go by `insert_many` and are found by `read_in`: what one statement costs is then paid once for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Dialect, Executable, Select, Table, bindparam
from sqlalchemy.dialects import postgresql, sqlite

from issuer.db import Transaction, new_id
from issuer.db_kinds import COPIED_TYPES
from issuer.store.columns import plain

R = TypeVar("R")
V = TypeVar("V")

MAX_PAGE: Final = 1_000
"""Rows of one page: a few megabytes of answer at most."""

MAX_IN: Final = 1_000
"""Values that one statement compares with: far below the 32,766 variables of SQLite and 65,535 of PostgreSQL."""
_NOISE_BYTES: Final = 8
_VALUES: Final = "values"

_INSERT: Final[Mapping[str, Callable[[Table], Any]]] = MappingProxyType(
    {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
)


def read_one(tx: Transaction, statement: Select[Any], kind: type[R], **parameters: Any) -> R | None:
    """Return the first row as a record of `kind`, or `None`; `parameters` fill in the statement."""
    row = tx.connection.execute(statement, parameters).mappings().first()
    return None if row is None else kind(**row)


def read_all(tx: Transaction, statement: Select[Any], kind: type[R]) -> tuple[R, ...]:
    """Return all rows as records of `kind`."""
    return tuple(kind(**row) for row in tx.connection.execute(statement).mappings())


def insert(tx: Transaction, table: Table, record: Any) -> None:
    """Insert a record. A key that exists raises `sqlalchemy.exc.IntegrityError`."""
    tx.connection.execute(table.insert(), _values(record))


def insert_many(
    tx: Transaction,
    table: Table,
    records: Sequence[Any],
    *,
    leave_out: tuple[str, ...] = (),
    ready: tuple[str, ...] = (),
) -> None:
    """Insert records by one statement.

    A column in `leave_out` is filled by the database; one in `ready` has values as the driver takes them. A key that
    exists raises `sqlalchemy.exc.IntegrityError`. The values go to the driver without the statement builder in
    between, which takes as long as the database does. PostgreSQL gets two and more by COPY: half of the time, and a
    fifth of ours.
    """
    if records:
        bulk = _bulk(table, tx.connection.dialect, leave_out, ready)
        copies = bulk.copy is not None and len(records) > 1
        statement, options = (bulk.copy, {COPIED_TYPES: bulk.types}) if copies else (bulk.statement, {})
        tx.connection.exec_driver_sql(str(statement), bulk.rows(records), execution_options=options)


@dataclass(frozen=True, slots=True)
class _Bulk:
    statement: str
    copy: str | None
    types: tuple[str, ...]
    fields: Callable[[Any], tuple[Any, ...]]
    conversions: tuple[tuple[int, Callable[[Any], Any]], ...]

    def rows(self, records: Sequence[Any]) -> list[tuple[Any, ...]]:
        columns: list[Sequence[Any]] = list(zip(*map(self.fields, records), strict=True))
        for place, convert in self.conversions:
            columns[place] = _converted(columns[place], convert)
        return list(zip(*columns, strict=True))


def _converted(values: Sequence[Any], convert: Callable[[Any], Any]) -> list[Any]:
    """Convert a column; many hold the very same object in every row."""
    first = values[0]
    if all(value is first for value in values):
        return [None if first is None else convert(first)] * len(values)
    return [None if value is None else convert(value) for value in values]


@lru_cache(maxsize=64)
def _bulk(table: Table, dialect: Dialect, leave_out: tuple[str, ...], ready: tuple[str, ...]) -> _Bulk:
    columns = [column for column in table.columns if column.name not in leave_out]
    quote = dialect.identifier_preparer.quote
    mark = "?" if dialect.paramstyle == "qmark" else "%s"
    names, marks = ", ".join(quote(column.name) for column in columns), ", ".join([mark] * len(columns))
    conversions = [
        (place, None if column.name in ready else plain(column.type, dialect)) for place, column in enumerate(columns)
    ]
    return _Bulk(
        f"INSERT INTO {quote(table.name)} ({names}) VALUES ({marks})",  # noqa: S608  # names of our own tables
        f"COPY {quote(table.name)} ({names}) FROM STDIN (FORMAT BINARY)" if dialect.name == "postgresql" else None,
        tuple(dialect.type_compiler_instance.process(column.type).lower() for column in columns),
        attrgetter(*(column.name for column in columns)),
        tuple((place, convert) for place, convert in conversions if convert is not None),
    )


def among(column: ColumnElement[Any]) -> ColumnElement[bool]:
    """The condition that a column has one of the values that `read_in` or `pairs_in` is given."""
    return column.in_(bindparam(_VALUES, expanding=True))


def read_in(
    tx: Transaction, statement: Select[Any], values: Collection[Any], kind: type[R], **parameters: Any
) -> Iterator[R]:
    """Return rows as records of `kind`, for a statement with a condition `among`, `MAX_IN` values at a time.

    The statement should be a constant with `parameters` to fill in: to build one takes longer than to run it.
    """
    for part in _parts(values):
        for row in tx.connection.execute(statement, {_VALUES: part, **parameters}).mappings():
            yield kind(**row)


def pairs_in(
    tx: Transaction, statement: Select[Any], values: Collection[Any], **parameters: Any
) -> Iterator[tuple[Any, ...]]:
    """Return rows as tuples, as `read_in` does."""
    for part in _parts(values):
        yield from (tuple(row) for row in tx.connection.execute(statement, {_VALUES: part, **parameters}))


def _parts(values: Collection[V]) -> Iterator[list[V]]:
    distinct = list(dict.fromkeys(values))
    for start in range(0, len(distinct), MAX_IN):
        yield distinct[start : start + MAX_IN]


def new_ids(tx: Transaction, now: datetime, count: int) -> list[UUID]:
    """Return `count` new primary keys of the same moment, in rising order: so rows keep the order of a set."""
    noise = tx.random_bytes(_NOISE_BYTES * count)
    parts = (noise[place : place + _NOISE_BYTES] for place in range(0, len(noise), _NOISE_BYTES))
    first = new_id(now, bytes).int
    return [UUID(int=first | number) for number in sorted(int.from_bytes(part, "big") >> 2 for part in parts)]


def insert_new(tx: Transaction, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert a row unless one of its keys exists; True if it was inserted. Waits for a rival that is not done."""
    make = _INSERT[tx.connection.dialect.name]
    statement = make(table).values(dict(values)).on_conflict_do_nothing()
    # Only when it is asked to does SQLAlchemy ask psycopg for the number of rows that an INSERT made.
    result = tx.connection.execute(statement, execution_options={"preserve_rowcount": True})
    return bool(result.rowcount == 1)


def changed(tx: Transaction, statement: Executable, values: Sequence[Mapping[str, Any]] | None = None) -> int:
    """Run an update, or one for each of `values`, and return how many rows it changed."""
    return int(tx.connection.execute(statement, values).rowcount)


def _values(record: Any) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(record)}
