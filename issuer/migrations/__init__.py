"""The schema's history, and bringing a database up to it.

upgrade(database)            to the newest revision; harmless if it is there already
check(database).is_current   whether the service may start
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from issuer.db import Database, Transaction

NEWEST: Final = "head"
"""The newest revision, in Alembic's words."""
_FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Schema:
    """The revision found in a database (`None`: it is empty) and the one that this program expects.

    `is_known` is False for a revision that this program has never heard of: a newer one made it.
    """

    found: str | None
    expected: str
    is_known: bool

    @property
    def is_current(self) -> bool:
        """Whether the program can work with this database."""
        return self.found == self.expected


def upgrade(database: Database, revision: str = NEWEST) -> None:
    """Bring the schema to a revision, which is none before the present one, in one transaction."""
    with database.begin_write(unhurried=True) as tx:
        upgrade_in(tx, revision)


def upgrade_in(tx: Transaction, revision: str = NEWEST) -> None:
    """Bring the schema to a revision in a transaction that may write."""
    config = _config()
    config.attributes["connection"] = tx.connection
    command.upgrade(config, revision)


def check(database: Database) -> Schema:
    """Return which revision the database has and which one is expected."""
    with database.begin_read() as tx:
        return check_in(tx)


def check_in(tx: Transaction) -> Schema:
    """Return which revision the database has and which one is expected, in a transaction."""
    found = MigrationContext.configure(tx.connection).get_current_revision()
    return Schema(found, revisions()[-1], found is None or found in revisions())


@cache
def revisions() -> tuple[str, ...]:
    """Return all revisions that this program knows, the oldest first. Their modules are read once."""
    return tuple(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())[::-1]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
