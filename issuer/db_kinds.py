"""What a kind of database has of its own. All that the statements share is in `store/`, all else in `db`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from sqlalchemy import URL, Connection, Engine
from sqlalchemy.exc import DBAPIError

from issuer.errors import IssuerError

WRITES: Final = "microcred_write"
"""Execution option of a transaction that may write."""
UNHURRIED: Final = "microcred_unhurried"
"""Execution option of a transaction whose statements may take long: a migration, a backup, a check of everything."""
QUIET: Final = MappingProxyType({"hide_parameters": True})
"""How every engine is made: what a statement was given stays out of tracebacks, and so out of logs."""
COPIED_TYPES: Final = "microcred_copied_types"
"""Execution option of a COPY to PostgreSQL: the types of its columns, since its rows go without a statement."""


@dataclass(frozen=True, slots=True)
class Waits:
    """How long the database may let us wait, in milliseconds."""

    turn: int = 30_000
    """A writer for its turn: far above the longest transaction, below what clients and proxies wait."""
    statement: int = 60_000
    """One statement of the service: they take milliseconds, so that this one is stuck. Not for `UNHURRIED` ones."""
    idle: int = 60_000
    """A transaction for the program's next word: one that is frozen must not keep all other writers out."""
    connect: int = 10_000
    """A new connection: a machine that does not answer in that time is down."""
    silence: int = 30_000
    """The other machine's acknowledgement on an open connection: after that, the line is cut."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of database.

    `open(url, waits)` returns the engine; its transactions begin as `WRITES` and `UNHURRIED` say, so that one
    transaction writes at a time and one that reads sees one moment.
    `explain(error)` returns what the database refuses for reasons outside of the program, or None for its mistakes.
    `faults(connection)` looks through the whole database and yields a sentence for each thing that is not as it must.
    `risks(connection)` yields a sentence for each setting of the server by which it may lose what it has confirmed.
    `renumber(connection, table, column)` makes a column that counts up go on after its largest value.
    `collation` is the name of the order of texts by their code points, the same for all databases.
    """

    title: str
    open: Callable[[URL, Waits], Engine]
    explain: Callable[[DBAPIError], IssuerError | None]
    faults: Callable[[Connection], Iterable[str]]
    risks: Callable[[Connection], Iterable[str]]
    renumber: Callable[[Connection, str, str], None]
    collation: str
