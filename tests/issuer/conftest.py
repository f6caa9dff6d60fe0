from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from issuer.db import Database, Transaction
from issuer.model import Institution
from tests.issuer.samples import open_home


@pytest.fixture
def home(tmp_path: Path) -> Iterator[tuple[Database, Institution]]:
    """A migrated SQLite file with one institution."""
    database, institution = open_home(tmp_path)
    yield database, institution
    database.close()


@pytest.fixture
def tx(home: tuple[Database, Institution]) -> Iterator[Transaction]:
    """One writing transaction in the scope of the institution, committed at the end of the test."""
    database, institution = home
    with database.begin_write(institution.id) as transaction:
        yield transaction
