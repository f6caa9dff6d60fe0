"""The file of a backup: a ZIP archive that any program can read, the same from every kind of database.

`TABLE.jsonl`, one per table: a row per line, in the order of the primary key, texts by code points. A line is a JSON
array (RFC 8259, ASCII only) with a member per column, the columns in the order of their names. `null` is NULL; a
number, a text or `true` is what it is; bytes are a text of which each character, U+0000 to U+00FF, is one byte. So a
signed document can be read as it is.

`manifest.json`, written last, an object:

    format     "microcred-backup/1"
    revision   of the schema, as `microcred db upgrade` counts them
    createdAt  RFC 3339
    source     the database that was copied, in words
    tables     [{"name", "columns": [{"name", "kind": "bytes" | "boolean" | "integer" | "text"}],
                 "rows": their number, "sha256": of TABLE.jsonl in hexadecimal digits}], all tables
    audit      {"entries": their number, "hash": of the last one in hexadecimal digits}

Signing keys are not in it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Boolean, Column, Integer, LargeBinary, MetaData, String, Table, Uuid
from sqlalchemy.types import TypeEngine

from issuer.db import Transaction
from issuer.errors import IntegrityError

FORMAT: Final = "microcred-backup/1"
MANIFEST: Final = "manifest.json"
VERSION_TABLE: Final = "alembic_version"
"""Where the revision of the schema is; the manifest says it instead."""
MAX_MANIFEST: Final = 1 << 20
"""Bytes: a table takes about a thousand."""
BATCH: Final = 500
"""Rows read or written at a time: a few megabytes."""

Progress = Callable[[str, int, int], None]
"""Told after each batch: the table, how many of its rows are done, how many there are."""

Row = Sequence[Any]
_KINDS: Final[Sequence[tuple[type[TypeEngine[Any]], str]]] = (
    (Uuid, "bytes"),
    (LargeBinary, "bytes"),
    (Boolean, "boolean"),
    (Integer, "integer"),
    (String, "text"),
)


@dataclass(frozen=True, slots=True)
class Audit:
    """The end of the audit log. Whoever keeps it elsewhere can show that nothing was cut off."""

    entries: int
    hash: str


@dataclass(frozen=True, slots=True)
class TableEntry:
    """One table in the manifest. `columns` are (name, kind)."""

    name: str
    columns: tuple[tuple[str, str], ...]
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds."""

    revision: str
    created_at: str
    source: str
    tables: tuple[TableEntry, ...]
    audit: Audit

    @property
    def rows(self) -> int:
        """How many rows there are in all tables."""
        return sum(table.rows for table in self.tables)

    def to_bytes(self) -> bytes:
        """Return `manifest.json`."""
        tables = [
            {
                "name": table.name,
                "columns": [{"name": name, "kind": kind} for name, kind in table.columns],
                "rows": table.rows,
                "sha256": table.sha256,
            }
            for table in self.tables
        ]
        value = {
            "format": FORMAT,
            "revision": self.revision,
            "createdAt": self.created_at,
            "source": self.source,
            "tables": tables,
            "audit": asdict(self.audit),
        }
        return json.dumps(value, indent=1).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Manifest:
        """Read `manifest.json`. Raises `IntegrityError` for anything else."""
        try:
            value = json.loads(data)
            if value["format"] != FORMAT:
                raise IntegrityError(f"The backup has the format {value['format']}; this program reads {FORMAT}.")
            tables = tuple(
                TableEntry(
                    str(table["name"]),
                    tuple((str(column["name"]), str(column["kind"])) for column in table["columns"]),
                    int(table["rows"]),
                    str(table["sha256"]),
                )
                for table in value["tables"]
            )
            audit = Audit(int(value["audit"]["entries"]), str(value["audit"]["hash"]))
            return cls(str(value["revision"]), str(value["createdAt"]), str(value["source"]), tables, audit)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise IntegrityError("The manifest of the backup is damaged.") from None


def member_name(table: str) -> str:
    """Return the name of a table's file in the archive."""
    return f"{table}.jsonl"


def tables_of(tx: Transaction) -> list[Table]:
    """Return the tables as they are in the database, each after those that it points to."""
    found = MetaData()
    found.reflect(tx.connection)
    return [table for table in found.sorted_tables if table.name != VERSION_TABLE]


def kind_of(column: Column[Any]) -> str:
    """Return the word of the format for the type of a column. Raises `IntegrityError` for one that we never make."""
    for kind, word in _KINDS:
        if isinstance(column.type, kind):
            return word
    raise IntegrityError(f"The column {column} has a type that no version of microcred makes.")


def line(row: Row) -> bytes:
    """Return a row as a line of the file."""
    return json.dumps([_ENCODE.get(type(value), _same)(value) for value in row], separators=(",", ":")).encode() + b"\n"


def decoder(columns: Sequence[Column[Any]]) -> Callable[[bytes], dict[str, Any]]:
    """Return what turns a line into a row for a table with these columns. It raises `IntegrityError`."""
    names = [column.name for column in columns]
    decode = [_decode(column) for column in columns]

    def row(text: bytes) -> dict[str, Any]:
        try:
            values = json.loads(text)
            pairs = zip(names, decode, values, strict=True)
            return {name: None if value is None else read(value) for name, read, value in pairs}
        except (ValueError, TypeError, AttributeError, RecursionError):
            raise IntegrityError("A line of the backup is damaged.") from None

    return row


def _decode(column: Column[Any]) -> Callable[[Any], Any]:
    if isinstance(column.type, Uuid):
        return lambda value: UUID(bytes=value.encode("latin-1"))
    if isinstance(column.type, LargeBinary):
        return lambda value: value.encode("latin-1")
    return _same


def _same(value: Any) -> Any:
    return value


_ENCODE: Final[Mapping[type, Callable[[Any], Any]]] = MappingProxyType(
    {
        bytes: lambda value: value.decode("latin-1"),
        UUID: lambda value: value.bytes.decode("latin-1"),
    }
)
