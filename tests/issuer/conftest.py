from __future__ import annotations

from collections.abc import Iterator

import pytest

from issuer.db import Database, Transaction
from issuer.model import Institution
from tests.databases import Databases
from tests.issuer.samples import open_home, prepare_home


@pytest.fixture
def home_url(databases: Databases) -> str:
    """The URL of a database with the newest schema and one institution."""
    return databases.copy(prepare_home)


@pytest.fixture
def home(home_url: str) -> Iterator[tuple[Database, Institution]]:
    """A database with one institution, open."""
    database, institution = open_home(home_url)
    yield database, institution
    database.close()


@pytest.fixture
def tx(home: tuple[Database, Institution]) -> Iterator[Transaction]:
    """One writing transaction in the scope of the institution, committed at the end of the test."""
    database, institution = home
    with database.begin_write(institution.id) as transaction:
        yield transaction
