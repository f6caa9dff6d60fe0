"""Copying everything out of a database, while others write, into a file that `backup_format` describes."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Select, Table, func, select

from issuer import audit, migrations
from issuer.backup_format import (
    BATCH,
    MANIFEST,
    Audit,
    Manifest,
    Progress,
    TableEntry,
    kind_of,
    line,
    member_name,
    tables_of,
)
from issuer.db import Database, Transaction
from issuer.db_kinds import Kind
from issuer.errors import ConflictError, StateError
from openbadge import timestamps

_PRIVATE: Final = 0o600
"""A backup holds personal data: for the eyes of its owner."""
_LEVEL: Final = 1
"""Of compression: a third of the time of the usual 6, for a tenth more."""


def backup(database: Database, path: Path, now: datetime, progress: Progress) -> Manifest:
    """Write everything as it is at one moment into a new file, and return what is in it.

    Others go on reading and writing. Raises `ConflictError` if the file exists, `StateError` if there is nothing to
    copy, and `OSError` if the file cannot be written; a file that is not complete never has the name `path`.
    """
    if path.exists():
        raise ConflictError(f"{path} is there already. Name another file.")
    source = database.describe()
    with database.begin_read(unhurried=True) as tx, _new_file(path) as archive:
        revision = migrations.check_in(tx).found
        if revision is None:
            raise StateError("The database is empty: there is nothing to copy.")
        tables = tables_of(tx)
        entries = tuple(_write(tx, archive, table, _all(table, database.kind), progress) for table in tables)
        manifest = Manifest(revision, timestamps.write(now), source, entries, _audit(tx, tables))
        with archive.open(MANIFEST, "w") as file:
            file.write(manifest.to_bytes())
    return manifest


@contextmanager
def _new_file(path: Path) -> Iterator[zipfile.ZipFile]:
    """Give an archive that gets its name when it is complete and on the disk."""
    partial = path.with_name(f"{path.name}.partial")
    try:
        with os.fdopen(os.open(partial, os.O_RDWR | os.O_CREAT | os.O_TRUNC, _PRIVATE), "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
                yield archive
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _all(table: Table, kind: Kind) -> Select[Any]:
    """Ask for all rows, rows and columns in an order that is the same in every database."""
    key = [
        column.collate(kind.collation) if kind_of(column) == "text" else column for column in table.primary_key.columns
    ]
    return select(*sorted(table.columns, key=lambda column: column.name)).order_by(*key)


def _write(
    tx: Transaction, archive: zipfile.ZipFile, table: Table, statement: Select[Any], progress: Progress
) -> TableEntry:
    total = tx.connection.scalar(select(func.count()).select_from(table)) or 0
    digest, done = hashlib.sha256(), 0
    with archive.open(member_name(table.name), "w", force_zip64=True) as file:
        for rows in tx.connection.execute(statement.execution_options(yield_per=BATCH)).partitions():
            lines = b"".join(map(line, rows))
            file.write(lines)
            digest.update(lines)
            done += len(rows)
            progress(table.name, done, total)
    kinds = tuple((column.name, kind_of(table.columns[column.name])) for column in statement.selected_columns)
    return TableEntry(table.name, kinds, done, digest.hexdigest())


def _audit(tx: Transaction, tables: Sequence[Table]) -> Audit:
    """Read the end of the log as it is in the database, whose revision may be an earlier one."""
    table = next(table for table in tables if table.name == "audit")
    last = tx.connection.execute(select(table.c.seq, table.c.hash).order_by(table.c.seq.desc()).limit(1)).first()
    return Audit(0, audit.GENESIS.hex()) if last is None else Audit(last.seq, last.hash.hex())
