"""Databases for tests, the same way on each kind: empty ones, and copies of one that was prepared once.

A template is prepared once in a process by a function that gets its URL, and copied for each test: a file, or
`CREATE DATABASE … TEMPLATE` (30 ms).
"""

from __future__ import annotations

import atexit
import itertools
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from tests.postgres import Server

KINDS: Final = ("sqlite", "postgresql")

Prepare = Callable[[str], None]
"""Fills the database at a URL, and leaves no connection to it open."""


class Databases(Protocol):
    """Makes databases of one kind, which are gone after the test."""

    def empty(self) -> str:
        """Return the URL of a database with nothing in it."""
        ...

    def copy(self, prepare: Prepare) -> str:
        """Return the URL of a database as `prepare` leaves it."""
        ...


class SqliteDatabases:
    """Files in a folder."""

    _templates: Final[dict[Prepare, Path]] = {}

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)

    def empty(self) -> str:
        return f"sqlite:///{self._new()}"

    def copy(self, prepare: Prepare) -> str:
        if prepare not in self._templates:
            folder = Path(tempfile.mkdtemp(prefix="mc-sqlite-"))
            atexit.register(shutil.rmtree, folder)
            self._templates[prepare] = folder / "template.sqlite3"
            prepare(f"sqlite:///{self._templates[prepare]}")
        return f"sqlite:///{shutil.copyfile(self._templates[prepare], self._new())}"

    def _new(self) -> Path:
        return self._folder / f"database-{next(self._numbers)}.sqlite3"


class PostgresDatabases:
    """Databases of one server."""

    _numbers: Final = itertools.count(1)
    _templates: Final[dict[tuple[Server, Prepare], str]] = {}

    def __init__(self, server: Server) -> None:
        self._server = server
        self._made: list[str] = []

    def empty(self) -> str:
        return self._server.make(self._new())

    def copy(self, prepare: Prepare) -> str:
        known = (self._server, prepare)
        if known not in self._templates:
            name = f"template_{next(self._numbers)}"
            prepare(self._server.make(name))
            self._templates[known] = name
        return self._server.make(self._new(), self._templates[known])

    def drop(self) -> None:
        """Remove what was made."""
        for name in self._made:
            self._server.drop(name)

    def _new(self) -> str:
        self._made.append(f"test_{next(self._numbers)}")
        return self._made[-1]
