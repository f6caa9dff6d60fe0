"""The schema's history, and bringing a database up to it.

upgrade(database)            to the newest revision; harmless if it is there already
check(database).is_current   whether the service may start
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from issuer.db import Database

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


def upgrade(database: Database) -> None:
    """Bring the schema to the newest revision in one transaction."""
    config = _config()
    with database.begin_write() as tx:
        config.attributes["connection"] = tx.connection
        command.upgrade(config, "head")


def check(database: Database) -> Schema:
    """Return which revision the database has and which one is expected."""
    with database.begin_read() as tx:
        found = MigrationContext.configure(tx.connection).get_current_revision()
    scripts = ScriptDirectory.from_config(_config())
    known = {script.revision for script in scripts.walk_revisions()}
    return Schema(found, str(scripts.get_current_head()), found is None or found in known)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
