"""Rows of a text file with separators: RFC 4180, with the encodings and separators that spreadsheet programs write.

The encoding is UTF-8, or UTF-16 as its byte order mark or its pattern of zero bytes shows. Any other one must be said
by a person: a guess would turn “Müller” into another name without anybody seeing it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, BinaryIO, Final

from openbadge.errors import InvalidError

ENCODINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "utf-8": "utf-8-sig",
        "utf-16": "utf-16",
        "utf-16-le": "utf-16-le",
        "utf-16-be": "utf-16-be",
        "windows-1252": "cp1252",
        "iso-8859-1": "latin-1",
        "iso-8859-15": "iso8859-15",
    }
)
"""Encodings that can be named, with Python's names for them."""
DELIMITERS: Final = (",", ";", "\t", "|")
MAX_LINE: Final = 64 * 1024
"""Characters of a line: fifty cells of a thousand. Without it one endless line would fill the memory."""
_SAMPLE: Final = 512

Line = tuple[int, list[str]]
"""A row: its number as a spreadsheet shows it, from 1 on, and its cells as text."""


def rows(stream: BinaryIO, encoding: str | None = None) -> Iterator[Line]:
    """Yield the rows of a seekable stream that are not blank, the heading first.

    Raises `InvalidError`: PARSING_ERROR with the row for an unclosed quote or bytes that are no text, LIMIT_EXCEEDED
    for an endless line, UNSUPPORTED_FORMAT for an encoding that is not in `ENCODINGS`.
    """
    name = encoding or _detected(stream)
    if name not in ENCODINGS:
        raise InvalidError("UNSUPPORTED_FORMAT", f"The encoding must be one of {', '.join(ENCODINGS)}.")
    stream.seek(0)
    yield from _records(io.TextIOWrapper(io.BufferedReader(_Lent(stream)), ENCODINGS[name], newline=""))


class _Lent(io.RawIOBase):
    """A stream that stays open when its reader is done: it belongs to the caller."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _detected(stream: BinaryIO) -> str:
    stream.seek(0)
    sample = stream.read(_SAMPLE)
    if sample.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        raise InvalidError("UNSUPPORTED_FORMAT", "The file is in UTF-32; save it as “CSV UTF-8”.")
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    zeros = sample[0::2].count(0), sample[1::2].count(0)
    if max(zeros) * 4 < len(sample):  # Latin letters in UTF-16: every second byte is zero
        return "utf-8"
    return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"


def _records(text: io.TextIOWrapper) -> Iterator[Line]:
    lines = _Lines(text)
    first = next(lines, "")
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(lines.again(first), delimiter=delimiter, strict=True)
    number = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _unreadable(number + 1, error) from None
        number += 1
        if any(cell.strip() for cell in cells):
            yield number, cells


class _Lines:
    """Lines of a text, each of bounded length."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._count = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self._count += 1
        try:
            line = self._text.readline(MAX_LINE)
        except UnicodeError:
            raise InvalidError(
                "PARSING_ERROR",
                f"Line {self._count} or one soon after it is not text in the expected encoding. "
                "Save the file as “CSV UTF-8”, or say which encoding it has.",
            ) from None
        if not line:
            raise StopIteration
        if len(line) >= MAX_LINE:
            raise InvalidError("LIMIT_EXCEEDED", f"Line {self._count} has more than {MAX_LINE:,} characters.")
        return line

    def again(self, first: str) -> Iterator[str]:
        """Yield a line that was taken already, then the others."""
        if first:
            yield first
        yield from self


def _unreadable(number: int, error: csv.Error) -> InvalidError:
    quoted = "end of data" in str(error) or "field larger" in str(error)
    what = "has a quotation mark that is not closed" if quoted else "cannot be read: check its quotation marks"
    return InvalidError("PARSING_ERROR", f"Row {number} {what}.")
