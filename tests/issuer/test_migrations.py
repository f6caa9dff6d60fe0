"""The schema and its history: what the migrations build is what the tables say, and rows of every age stay."""

from __future__ import annotations

import secrets
from typing import Any
from uuid import UUID

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, MetaData, Table, Text, insert, select

from issuer import migrations
from issuer.db import Database, open_database
from issuer.model import Institution
from issuer.store.columns import Id, Instant, JsonText, Word
from issuer.store.tables import metadata
from issuer.store.tables_jobs import batch  # noqa: F401  # adds its tables to the metadata
from issuer.store.tables_lms import message  # noqa: F401  # the same
from tests.databases import Databases
from tests.issuer.samples import NOW

Home = tuple[Database, Institution]
ONE = UUID("01936000-0000-7000-8000-000000000001")
"""The key of the only row of every table, so that every reference finds its row."""


@pytest.fixture
def database(databases: Databases) -> Any:
    database = open_database(databases.empty(), secrets.token_bytes)
    yield database
    database.close()


def test_the_migrations_build_the_tables(home: Home) -> None:
    with home[0].begin_read() as tx:
        context = MigrationContext.configure(tx.connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_an_empty_database_is_not_current_and_upgrading_twice_is_harmless(database: Database) -> None:
    assert not migrations.check(database).is_current
    migrations.upgrade(database)
    migrations.upgrade(database)
    assert migrations.check(database).is_current


@pytest.mark.parametrize("revision", migrations.revisions()[:-1])
def test_a_database_of_an_earlier_revision_is_brought_up_with_its_rows(database: Database, revision: str) -> None:
    migrations.upgrade(database, revision)
    before = _fill(database)
    assert not migrations.check(database).is_current
    migrations.upgrade(database)
    assert migrations.check(database).is_current
    for name, row in before.items():
        kept = [column for column in row if column in metadata.tables[name].columns]
        with database.begin_read() as tx:
            (after,) = tx.connection.execute(select(*(metadata.tables[name].columns[column] for column in kept)))
        assert dict(zip(kept, after, strict=True)) == {column: row[column] for column in kept}
    test_the_migrations_build_the_tables((database, None))  # type: ignore[arg-type]


def _fill(database: Database) -> dict[str, dict[str, Any]]:
    """Put one row into every table, and return what was put there."""
    made = {}
    with database.begin_write() as tx:
        found = MetaData()
        found.reflect(tx.connection)
        for table in found.sorted_tables:
            if table.name != "alembic_version":
                known = metadata.tables.get(table.name)
                columns = [_known(column, known) for column in table.columns]
                row = {column.name: _value(column) for column in columns}
                tx.connection.execute(insert(Table(table.name, MetaData(), *columns)).values(row))
                made[table.name] = row
    return made


def _known(column: Column[Any], table: Table | None) -> Column[Any]:
    kind = column.type if table is None or column.name not in table.columns else table.columns[column.name].type
    return Column(column.name, kind)


def _value(column: Column[Any]) -> Any:
    """Any value that the column takes; the same one wherever the type is the same."""
    if column.name in _SPECIAL:
        return _SPECIAL[column.name]
    if isinstance(column.type, Word):
        return next(iter(column.type.words))
    return next(value for kind, value in _VALUES if isinstance(column.type, kind))


_SPECIAL: dict[str, Any] = {"length": 131_072, "scopes": ("a",), "secret": bytes(32)}
_VALUES: list[tuple[type | tuple[type, ...], Any]] = [
    (Id, ONE),
    (Instant, NOW),
    (Boolean, True),
    ((Integer, BigInteger), 1),
    (LargeBinary, b"\x00\xff"),
    (JsonText, {"a": 1}),
    (Text, "text"),
]
