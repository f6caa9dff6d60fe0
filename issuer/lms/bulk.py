"""Large JSON in pieces: a batch of events is cut at its top level, and each piece is read by our strict reader.

The limits of `strict_json` are those of one credential. A batch may be larger; one event in it may not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, NoReturn

from openbadge import strict_json
from openbadge.errors import InvalidError

MAX_BYTES: Final = 16 * 1024 * 1024
"""Bytes of one batch. A nightly Caliper envelope of 5,000 events has about 15 MiB."""
MAX_EVENTS: Final = 5_000
"""Events of one batch; what is sent in one piece is answered in one piece."""

_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[\]{},:]', re.DOTALL)
_WHITE: Final = b" \t\r\n"


def array(data: bytes) -> list[Any]:
    """Parse a JSON array, entry by entry. Raises `InvalidError` as `strict_json.loads_any`, and LIMIT_EXCEEDED."""
    _check_size(data)
    return [strict_json.loads_any(piece) for piece in _pieces(data, b"[", b"]")]


def envelope(data: bytes, member: str) -> dict[str, Any]:
    """Parse a JSON object whose `member` is a long array. Raises as `array`."""
    return {
        name: array(value) if name == member and value.startswith(b"[") else strict_json.loads_any(value)
        for name, value in members(data).items()
    }


def members(data: bytes) -> dict[str, bytes]:
    """Cut a JSON object into its members, whose values stay unread JSON. Raises as `array`."""
    _check_size(data)
    result: dict[str, bytes] = {}
    for piece in _pieces(data, b"{", b"}"):
        name, value = _pair(piece)
        if name in result:
            raise InvalidError("DUPLICATE_JSON_KEY", "A member of the envelope occurs twice.")
        result[name] = value
    return result


def _check_size(data: bytes) -> None:
    if len(data) > MAX_BYTES:
        raise InvalidError("LIMIT_EXCEEDED", f"The batch has {len(data):,} bytes; the limit is {MAX_BYTES:,}.")


def _pieces(data: bytes, opening: bytes, closing: bytes) -> Iterator[bytes]:
    """Yield what stands between the commas of the outermost brackets, unread; unbalanced ones are refused."""
    text = data.strip(_WHITE)
    if not text.startswith(opening) or not text.endswith(closing):
        _refuse("The document does not have the outer brackets of a batch.")
    inner, depth, start, commas = text[1:-1], 0, 0, 0
    for match in _TOKEN.finditer(inner):
        mark = match[0]
        depth += (mark in b"[{") - (mark in b"]}") if len(mark) == 1 else 0
        if depth < 0:
            _refuse("The document has a bracket too many.")
        if mark == b"," and depth == 0:
            yield inner[start : match.start()]
            start, commas = match.end(), commas + 1
            if commas >= MAX_EVENTS:
                raise InvalidError("LIMIT_EXCEEDED", f"The batch has more than {MAX_EVENTS:,} entries.")
    if depth:
        _refuse("The document has a bracket too few.")
    if commas or inner.strip(_WHITE):
        yield inner[start:]


def _pair(piece: bytes) -> tuple[str, bytes]:
    match = _TOKEN.match(piece.lstrip(_WHITE))
    if match is None or not match[0].startswith(b'"'):
        _refuse("The document has a member without a name.")
    name, rest = match[0], piece.lstrip(_WHITE)[match.end() :].lstrip(_WHITE)
    if not rest.startswith(b":"):
        _refuse("The document has a member without a value.")
    return str(strict_json.loads_any(name)), rest[1:].strip(_WHITE)


def _refuse(detail: str) -> NoReturn:
    raise InvalidError("PARSING_ERROR", detail)
