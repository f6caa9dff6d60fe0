"""What a set of completions costs when there are many rows already, against few.

The rows between are copies of issued ones with keys of their own and a short document: a new row goes to the end of its
table whatever the older ones hold, and it is the indexes that grow.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

from bench.durable import SET, issue
from bench.homes import home
from bench.measure import Figure, cpu_seconds, median
from issuer.db import Database
from microcred.samples import Sample

FROM: Final = 10_000
SETS: Final = 10
_LIST: Final = 131_072
_FIRST: Final = 10_000_000
"""Number of the first copy, beyond those that the benchmark gives to reports."""


def run(to: int, sets: int = SETS) -> dict[str, Figure]:
    """Measure on SQLite at 10,000 rows and at `to`, so many sets of each."""
    with home("sqlite") as (sample, _):
        issue(sample, SET)
        _fill(sample.service.database, FROM - SET)
        few = _sets(sample, sets)
        _fill(sample.service.database, to - FROM - sets * SET)
        many = _sets(sample, sets)
    unit = f"times the CPU time of a set at 10,000 rows, at {to:,}"
    return {"insert_cost_growth_10k_to_1m": Figure(many / few, unit, sets, 1.2)}


def _sets(sample: Sample, sets: int) -> float:
    issue(sample, SET)
    return median([cpu_seconds(lambda: issue(sample, SET)) for _ in range(sets)])


def _fill(database: Database, number: int) -> None:
    with database.begin_write() as tx:
        connection: Any = tx.connection.connection.driver_connection
        rows = {table: _sample(connection, table) for table in ("status_list", "completion", "credential", "award")}
        audit = _sample(connection, "audit")
        start = connection.execute("SELECT count(*) FROM completion").fetchone()[0] + _FIRST
        lists = [secrets.token_bytes(16) for _ in range(number // _LIST + 1)]
        _insert(connection, "status_list", ({**rows["status_list"], "id": key, "taken": _LIST} for key in lists))
        for table, change in _CHANGES.items():
            _insert(
                connection, table, ({**rows[table], **change(start + place, place, lists)} for place in range(number))
            )
        last = connection.execute("SELECT max(seq) FROM audit").fetchone()[0]
        _insert(connection, "audit", ({**audit, "seq": last + place} for place in range(1, number)))
        # The newest line of the log is a real one: the next is chained to it.
        connection.execute("UPDATE audit SET seq = ? WHERE seq = ?", (last + number, last))


def _completion(number: int, _place: int, _lists: list[bytes]) -> dict[str, Any]:
    return {
        "id": _key(1, number),
        "source_id": f"c-{number}",
        "person": f"s-{number}",
        "credential_id": _key(2, number),
    }


def _credential(number: int, place: int, lists: list[bytes]) -> dict[str, Any]:
    entry = {"status_list_id": lists[place // _LIST], "status_index": place % _LIST}
    keys = {"id": _key(2, number), "completion_id": _key(1, number), "public_id": secrets.token_urlsafe(16)}
    return {**keys, **entry, "document": b"x" * 200}


def _award(number: int, _place: int, _lists: list[bytes]) -> dict[str, Any]:
    return {"person": f"s-{number}", "credential_id": _key(2, number)}


_CHANGES: Final = {"completion": _completion, "credential": _credential, "award": _award}


def _key(kind: int, number: int) -> bytes:
    """A key that sorts before all of today: rows of the past."""
    return (kind << 120 | number).to_bytes(16, "big")


def _sample(connection: sqlite3.Connection, table: str) -> dict[str, Any]:
    cursor = connection.execute(f"SELECT * FROM {table} LIMIT 1")
    return dict(zip([column[0] for column in cursor.description], cursor.fetchone(), strict=True))


def _insert(connection: sqlite3.Connection, table: str, rows: Iterator[dict[str, Any]]) -> None:
    first = next(rows)
    names = ", ".join(f'"{name}"' for name in first)
    statement = f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(first))})"
    connection.executemany(statement, (tuple(row.values()) for row in chain([first], rows)))
