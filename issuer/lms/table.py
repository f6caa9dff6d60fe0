"""A registrar's file of completions, CSV or XLSX: a report or an error for every row, as a stream.

    row_key,sis_id,legal_name,email,achievement_code,achievement_version,completed_on,grade,credits,hold
    r-000001,S1234567,Ada Nguyen,ada@example.test,MC-DETH-01,2,2026-11-20,Pass,2,

A file that cannot be read as a table is refused as a whole; a wrong row is an error of its own and never stops the
others. Too long a file is noticed at its end: the caller releases nothing before the stream has ended well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from issuer.errors import FieldError
from issuer.lms import columns, csv_rows, xlsx_rows
from issuer.lms.connection import Connection
from issuer.lms.csv_rows import Line
from issuer.lms.model import Origin, Reported
from issuer.lms.table_row import RowReader
from openbadge.errors import InvalidError

MAX_BYTES: Final = 32 * 1024 * 1024
"""Bytes of a file: 100,000 rows of 300 characters."""
MAX_ROWS: Final = 100_000
"""Rows below the heading: ten times the largest graduation; more is another file."""
_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class Batch:
    """One file: its name for ever, where it comes from, and its encoding if a person says it (`csv_rows.ENCODINGS`)."""

    id: str
    origin: Origin
    encoding: str | None = None


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with one row, numbered as a spreadsheet shows it; `column` is "" for the row as a whole."""

    row: int
    column: str
    message: str


@dataclass(frozen=True, slots=True)
class RowReport:
    """What one row reports."""

    row: int
    reported: Reported


def read_table(stream: BinaryIO, batch: Batch, connection: Connection) -> Iterator[RowReport | RowError]:
    """Read a seekable stream.

    Raises for the file as a whole: `FieldError` for its heading, `InvalidError` LIMIT_EXCEEDED (size, rows),
    UNSUPPORTED_FORMAT, PARSING_ERROR naming the row at which it stops being readable.
    """
    lines = _lines(stream, batch.encoding)
    _, heading = next(lines, (0, []))
    reader = RowReader(columns.read_heading(heading), batch.id, batch.origin, connection)
    for count, (number, cells) in enumerate(lines):
        if count == MAX_ROWS:
            raise InvalidError("LIMIT_EXCEEDED", f"The file has more than {MAX_ROWS:,} rows. Split it.")
        try:
            yield RowReport(number, reader.read(number, cells))
        except FieldError as error:
            yield RowError(number, error.path, error.message)


def _lines(stream: BinaryIO, encoding: str | None) -> Iterator[Line]:
    size = stream.seek(0, 2)
    if size > MAX_BYTES:
        raise InvalidError("LIMIT_EXCEEDED", f"The file has {size:,} bytes; the limit is {MAX_BYTES:,}. Split it.")
    stream.seek(0)
    start = stream.read(4)
    if start == _OLE:
        raise InvalidError("UNSUPPORTED_FORMAT", "This is an old or protected workbook. Save it as .xlsx or CSV.")
    return xlsx_rows.rows(stream) if start == _ZIP else csv_rows.rows(stream, encoding)
