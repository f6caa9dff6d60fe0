"""Sets of completions issued durably, against the limit: a signature, a SHA-256 and the same rows for each.

Two databases of the same kind: a home issues into one, and what it writes is written into the other by the bare
driver, in one transaction as well. The share is the wall-clock time of the limit over that of the issuing; the figures
ending in `_cpu` are of this process alone.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Table, event

from bench.homes import DATABASES, empty_beside, has_postgres, home, reports
from bench.measure import Figure, median
from issuer.db import Database
from issuer.db_kinds import COPIED_TYPES
from issuer.intake import Incoming
from issuer.store.tables import metadata
from microcred.samples import Sample

SET: Final = 1_000
"""Completions of one transaction."""
WARM_UP: Final = 2


@dataclass(frozen=True, slots=True)
class Rows:
    """A statement with the rows that went to the driver; the types of their columns if it was a COPY."""

    statement: str
    rows: Any
    copied_types: Sequence[str] | None


Written = list[Rows]


def run(rounds: int) -> dict[str, Figure]:
    """Measure the shares on each database; without the programs of PostgreSQL there is only one."""
    figures: dict[str, Figure] = {}
    for database in DATABASES:
        if database == "sqlite" or has_postgres():
            figures |= _share(database, rounds)
    return figures


def _share(database: str, rounds: int) -> dict[str, Figure]:
    with home(database) as (ours, _), empty_beside(ours) as limit:
        _align(ours, limit)
        pairs = [_pair(ours, limit) for _ in range(rounds + WARM_UP)][WARM_UP:]
    share = median([raw[0] / own[0] for own, raw in pairs])
    cpu = median([raw[1] / own[1] for own, raw in pairs])
    name = f"durable_batch_share_of_limit_{database}"
    return {
        name: Figure(100 * share, "% of sign + SHA-256 + insert of the same rows", rounds, 65),
        f"{name}_cpu": Figure(100 * cpu, "% of it, CPU time of the program", rounds),
        f"durable_batch_us_{database}": Figure(1e6 * median([own[0] for own, _ in pairs]) / SET, "us each", rounds),
        f"durable_batch_cpu_us_{database}": Figure(
            1e6 * median([own[1] for own, _ in pairs]) / SET, "CPU us each", rounds
        ),
    }


def _pair(ours: Sample, limit: Database) -> tuple[tuple[float, float], tuple[float, float]]:
    """Wall-clock and CPU seconds of issuing a set, and of its limit."""
    written: Written = []
    incoming = [Incoming(raw, "bench") for raw in reports(SET)]
    with _recorded(ours.service.database, written):
        own = _timed(lambda: _issue(ours, incoming))
    documents = [bytes(value) for value in _documents(ours)]
    signer = ours.service.signing.issuance().signer
    return own, _timed(lambda: _limit(limit, written, documents, signer.sign))


def issue(sample: Sample, number: int) -> None:
    """Issue for that many new reports in one transaction."""
    _issue(sample, [Incoming(raw, "bench") for raw in reports(number)])


def _issue(sample: Sample, incoming: list[Incoming]) -> None:
    answers = sample.service.completions.report_many(incoming)
    if any(getattr(answer, "credential", None) is None for answer in answers):
        raise RuntimeError("a completion of the benchmark was not issued")


def _limit(database: Database, written: Written, documents: list[bytes], sign: Callable[[bytes], bytes]) -> None:
    for document in documents:
        sign(hashlib.sha256(document).digest())
    with database.begin_write() as tx:
        cursor = tx.connection.connection.cursor()
        for item in written:
            _write(cursor, item)
        cursor.close()


def _write(cursor: Any, item: Rows) -> None:
    """Write rows in the quickest way of the driver: COPY where there is one."""
    if item.copied_types is None:
        cursor.executemany(item.statement, item.rows)
        return
    with cursor.copy(item.statement) as copy:
        copy.set_types(item.copied_types)
        for row in item.rows:
            copy.write_row(row)


def _documents(sample: Sample) -> list[bytes]:
    with sample.service.database.begin_read() as tx:
        rows = tx.connection.exec_driver_sql(f"SELECT document FROM credential ORDER BY id DESC LIMIT {SET}")
        return [row[0] for row in rows]


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


@contextmanager
def _recorded(database: Database, written: Written) -> Iterator[None]:
    def note(_connection: Any, _cursor: Any, statement: str, rows: Any, context: Any, many: bool) -> None:
        if statement.startswith(("INSERT", "COPY")):
            written.append(Rows(statement, rows if many else [rows], context.execution_options.get(COPIED_TYPES)))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def _align(ours: Sample, limit: Database) -> None:
    """Give both databases the same rows in every table, so that what one writes fits into the other."""
    issue(ours, 1)
    database = ours.service.database
    with database.begin_read() as tx:
        copies = {table.name: _rows(tx.connection, table) for table in metadata.sorted_tables}
    mark = "?" if database.engine.dialect.name == "sqlite" else "%s"
    with limit.begin_write() as tx:
        cursor = tx.connection.connection.cursor()
        for table in reversed(metadata.sorted_tables):
            cursor.execute(f"DELETE FROM {table.name}")
        for name, rows in copies.items():
            if rows:
                cursor.executemany(f"INSERT INTO {name} VALUES ({', '.join([mark] * len(rows[0]))})", rows)
        cursor.close()


def _rows(connection: Connection, table: Table) -> list[tuple[Any, ...]]:
    """The rows as the driver has them, in the order in which they may refer to each other."""
    key = ", ".join(column.name for column in table.primary_key)
    return [tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table.name} ORDER BY {key}")]
