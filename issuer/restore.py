"""Filling an empty database, of any kind, from a backup: all of it or nothing."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, MetaData, Table, exc, insert, select

from issuer import migrations
from issuer.backup_format import (
    BATCH,
    MANIFEST,
    MAX_MANIFEST,
    Manifest,
    Progress,
    TableEntry,
    decoder,
    kind_of,
    member_name,
    tables_of,
)
from issuer.db import Database, Transaction
from issuer.db_kinds import Kind
from issuer.errors import ConflictError, IntegrityError, SettingsError

MAX_LINE: Final = 256 << 20
"""Bytes of one row: more than any content that we accept takes."""

_BUFFER: Final = 1 << 20
"""Bytes unpacked at a time."""


def restore(database: Database, path: Path, progress: Progress, *, force: bool = False) -> Manifest:
    """Fill a database from a backup, bring it to the newest revision, and return what the backup held.

    Nobody else may use the database meanwhile. Raises `ConflictError` if there is data in it, unless `force` says to
    remove that first; `IntegrityError` if the backup is damaged or not complete, `SettingsError` if a newer program
    made it, and `OSError` if it cannot be read. After an error everything is as it was.
    """
    with _archive(path) as archive:
        manifest = _manifest(archive)
        _verify(archive, manifest)
        with database.begin_write(unhurried=True) as tx:
            _clear(tx, force)
            migrations.upgrade_in(tx, manifest.revision)
            _fill(tx, archive, manifest, progress)
            for table in tables_of(tx):
                _count_on(database.kind, tx.connection, table)
            migrations.upgrade_in(tx)
    return manifest


@contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open the archive. What is wrong with it, whenever that shows, is an `IntegrityError`."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
        raise IntegrityError(f"{path} is not a backup of microcred, or it is damaged. Nothing was changed.") from None
    except KeyError:
        raise IntegrityError(f"{path} lacks a part of the backup. Nothing was changed.") from None


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    with archive.open(MANIFEST) as file:
        manifest = Manifest.from_bytes(file.read(MAX_MANIFEST))
    if manifest.revision not in migrations.revisions():
        raise SettingsError(
            f"The backup was made by a newer microcred (revision {manifest.revision}). Restore it with that version."
        )
    return manifest


def _clear(tx: Transaction, force: bool) -> None:
    """Leave nothing in the database, so that the tables can be those of the backup's revision."""
    if not force and any(_has_rows(tx, table) for table in tables_of(tx)):
        raise ConflictError(
            "There is data in this database, and nothing was changed. Name an empty one in MICROCRED_DATABASE_URL; "
            "--force removes what is there."
        )
    found = MetaData()
    found.reflect(tx.connection)
    found.drop_all(tx.connection)


def _has_rows(tx: Transaction, table: Table) -> bool:
    return tx.connection.execute(select(1).select_from(table).limit(1)).first() is not None


def _verify(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """Read all of it once before anything is changed."""
    for entry in manifest.tables:
        digest, rows = hashlib.sha256(), 0
        for lines in _batches(archive, entry.name):
            digest.update(b"".join(lines))
            rows += len(lines)
        if digest.hexdigest() != entry.sha256 or rows != entry.rows:
            raise IntegrityError(f"The table {entry.name} of the backup is damaged. Nothing was changed.")


def _fill(tx: Transaction, archive: zipfile.ZipFile, manifest: Manifest, progress: Progress) -> None:
    entries = {entry.name: entry for entry in manifest.tables}
    tables = tables_of(tx)
    if {table.name for table in tables} != set(entries):
        raise IntegrityError("The backup has other tables than its revision. Nothing was changed.")
    for table in tables:
        _read(tx.connection, archive, table, entries[table.name], progress)


def _read(
    connection: Connection, archive: zipfile.ZipFile, table: Table, entry: TableEntry, progress: Progress
) -> None:
    if {(column.name, kind_of(column)) for column in table.columns} != set(entry.columns):
        raise IntegrityError(f"The table {entry.name} of the backup has other columns than its revision.")
    row, done = decoder([table.columns[name] for name, _ in entry.columns]), 0
    for lines in _batches(archive, entry.name):
        try:
            connection.execute(insert(table), [row(text) for text in lines])
        except (exc.IntegrityError, exc.DataError):
            raise IntegrityError(f"The table {entry.name} of the backup breaks a rule of the database.") from None
        done += len(lines)
        progress(entry.name, done, entry.rows)


def _batches(archive: zipfile.ZipFile, table: str) -> Iterator[list[bytes]]:
    with io.BufferedReader(archive.open(member_name(table)), _BUFFER) as file:  # type: ignore[type-var]  # it reads
        lines: list[bytes] = []
        while text := file.readline(MAX_LINE):
            lines.append(text)
            if len(lines) == BATCH:
                yield lines
                lines = []
        if lines:
            yield lines


def _count_on(kind: Kind, connection: Connection, table: Table) -> None:
    key: list[Any] = list(table.primary_key.columns)
    if len(key) == 1 and kind_of(key[0]) == "integer":
        kind.renumber(connection, table.name, key[0].name)
