"""The reports of a batch: reading them from its body, and keeping those of one part in one blob.

A report keeps the bytes in which it came, and its number in the body, counted from 1, by which its result is found.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from types import MappingProxyType
from typing import Final

from openbadge.errors import InvalidError

JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"
ROWS_PER_PART: Final = 1_000
"""Reports of one transaction: 4 µs of the engine's cost for each, and others wait an eighth of a second at most."""
BYTES_PER_PART: Final = 4 * 1024 * 1024
"""Bytes of one transaction's reports: ten thousand ordinary ones, so that only odd ones are cut by it."""
MAX_ROWS: Final = 250_000
"""Reports of one batch: the completions of a large university's year."""

_HEAD: Final = struct.Struct(">IBI")
_SPACE: Final = " \t\n\r"


@dataclass(frozen=True, slots=True)
class Row:
    """One report of a body: its number, and its JSON as bytes; or why there is none.

    `fault` is what is wrong with it then, in words that may follow `path`, the name of the column that is.
    """

    number: int
    raw: bytes
    fault: str | None = None
    path: str = ""


Reader = Callable[[bytes, Mapping[str, str]], Iterator[Row]]
"""Reads the rows of a body, with the parameters of its media type; raises `InvalidError` or `FieldError` for a body
that is no list of reports."""


def media_type(text: str) -> tuple[str, dict[str, str]]:
    """Return a media type in lower case, and its parameters (RFC 9110 section 8.3.1)."""
    message = Message()
    message["content-type"] = text
    return message.get_content_type() if text else "", dict((message.get_params() or [])[1:])


def read_ndjson(body: bytes, _parameters: Mapping[str, str]) -> Iterator[Row]:
    """Return a row for each line that is not blank; its number is that of the line."""
    for number, line in enumerate(body.splitlines(), 1):
        if line.strip():
            yield Row(number, line)


def read_array(body: bytes, _parameters: Mapping[str, str]) -> Iterator[Row]:
    """Return a row for each element of a JSON array, as its bytes stand there."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidError("PARSING_ERROR", "The batch is not UTF-8.") from None
    scan, place, number = json.JSONDecoder().raw_decode, _skip(text, 0), 1
    if text[place : place + 1] != "[":
        raise InvalidError("PARSING_ERROR", "The batch is not a JSON array of completion reports.")
    place = _skip(text, place + 1)
    if text[place : place + 1] == "]":
        _check_end(text, place)
        return
    while True:
        try:
            end = scan(text, place)[1]
        except (ValueError, RecursionError):
            raise InvalidError("PARSING_ERROR", f"Element {number} of the array is not JSON.") from None
        yield Row(number, text[place:end].encode())
        place = _skip(text, end)
        if text[place : place + 1] != ",":
            _check_end(text, place)
            return
        place, number = _skip(text, place + 1), number + 1


def _skip(text: str, place: int) -> int:
    while text[place : place + 1] in _SPACE and place < len(text):
        place += 1
    return place


def _check_end(text: str, place: int) -> None:
    if text[place : place + 1] != "]" or _skip(text, place + 1) != len(text):
        raise InvalidError("PARSING_ERROR", "The JSON array does not end as it must.")


READERS: Final[Mapping[str, Reader]] = MappingProxyType({JSON: read_array, NDJSON: read_ndjson})
"""How a body is read, by its media type. Readers of tables are added where everything is put together."""


def parts(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Divide rows into parts for one transaction each. Raises `InvalidError` LIMIT_EXCEEDED for too many rows."""
    part: list[Row] = []
    size = 0
    for count, row in enumerate(rows, 1):
        if count > MAX_ROWS:
            raise InvalidError("LIMIT_EXCEEDED", f"The batch has more than {MAX_ROWS:,} reports. Send it as several.")
        if part and (len(part) == ROWS_PER_PART or size + len(row.raw) > BYTES_PER_PART):
            yield part
            part, size = [], 0
        part.append(row)
        size += len(row.raw)
    if part:
        yield part


def pack(rows: Iterable[Row]) -> bytes:
    """Return rows as one blob."""
    out = []
    for row in rows:
        content = row.raw if row.fault is None else json.dumps([row.fault, row.path]).encode()
        out += [_HEAD.pack(row.number, row.fault is not None, len(content)), content]
    return b"".join(out)


def unpack(blob: bytes) -> list[Row]:
    """Return the rows of a blob of `pack`."""
    rows, place = [], 0
    while place < len(blob):
        number, is_fault, length = _HEAD.unpack_from(blob, place)
        place += _HEAD.size
        content = blob[place : place + length]
        rows.append(Row(number, b"", *json.loads(content)) if is_fault else Row(number, content))
        place += length
    return rows
