"""CBOR, the part that selective disclosure and COSE need: RFC 8949, written as its section 4.2.1 (deterministic) says.

Values are `int`, `bytes`, `str`, `list`, `dict`, `bool`, `None` and `Tag`; floating point numbers do not occur in our
formats and are refused in both directions. What is decoded has one spelling: shortest lengths, nothing indefinite,
no member twice. The order of a map's members is free when reading, because other writers sort by length first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from openbadge.errors import InvalidError

MAX_BYTES: Final = 1024 * 1024
"""1 MiB, as for any credential text: a proof value with 1,000 signatures has 66 KB."""
MAX_DEPTH: Final = 16
"""Nested arrays, maps and tags: a COSE message has four, a selective disclosure proof three."""

_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = range(8)
_SIMPLE_VALUES: Final = {20: False, 21: True, 22: None}
_WIDTHS: Final = {24: 1, 25: 2, 26: 4, 27: 8}


@dataclass(frozen=True, slots=True)
class Tag:
    """A tagged value (section 3.4): `number` 0 to 2^64-1, and the value it marks."""

    number: int
    value: Any


def encode(value: Any) -> bytes:
    """Return the deterministic encoding of a value; maps are sorted by their encoded keys.

    Raises `InvalidError` MALFORMED_VALUE_ERROR for a type that is not listed above, or a number over 64 bits.
    """
    return _encode(value, MAX_DEPTH)


def decode(data: bytes) -> Any:
    """Return the one value that `data` (at most 1 MiB) encodes.

    Raises `InvalidError`: PARSING_ERROR for indefinite lengths, lengths or numbers not in shortest form, a key twice,
    keys other than numbers and texts, floats, other simple values, text that is not UTF-8, bytes left over or
    missing; LIMIT_EXCEEDED for a larger or deeper value.
    """
    if len(data) > MAX_BYTES:
        raise InvalidError("LIMIT_EXCEEDED", f"The CBOR data has more than {MAX_BYTES:,} bytes.")
    reader = _Reader(data)
    value = reader.value(MAX_DEPTH)
    if reader.left():
        raise _bad("bytes follow after the value")
    return value


def _bad(what: str) -> InvalidError:
    return InvalidError("PARSING_ERROR", f"The data is not CBOR in the form we accept: {what}.")


def _too_deep() -> InvalidError:
    return InvalidError("LIMIT_EXCEEDED", f"The CBOR data is nested more than {MAX_DEPTH} levels deep.")


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    for info, width in _WIDTHS.items():
        if number < 1 << 8 * width:
            return bytes([major << 5 | info]) + number.to_bytes(width, "big")
    raise InvalidError("MALFORMED_VALUE_ERROR", "A number of more than 64 bits has no place in CBOR.")


def _encode(value: Any, depth: int) -> bytes:
    for info, simple in _SIMPLE_VALUES.items():
        if value is simple:
            return _head(_SIMPLE, info)
    if isinstance(value, int):
        return _head(_UNSIGNED, value) if value >= 0 else _head(_NEGATIVE, -1 - value)
    if isinstance(value, bytes):
        return _head(_BYTES, len(value)) + value
    if isinstance(value, str):
        return _encode_text(value)
    return _encode_nested(value, depth)


def _encode_text(value: str) -> bytes:
    try:
        data = value.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidError("MALFORMED_VALUE_ERROR", "A text holds half of a surrogate pair.") from None
    return _head(_TEXT, len(data)) + data


def _encode_nested(value: Any, depth: int) -> bytes:
    if depth == 0:
        raise _too_deep()
    if isinstance(value, list):
        return _head(_ARRAY, len(value)) + b"".join(_encode(item, depth - 1) for item in value)
    if isinstance(value, dict):
        rows = sorted((_encode(key, depth - 1), _encode(item, depth - 1)) for key, item in value.items())
        return _head(_MAP, len(rows)) + b"".join(key + item for key, item in rows)
    if isinstance(value, Tag):
        return _head(_TAG, value.number) + _encode(value.value, depth - 1)
    raise InvalidError("MALFORMED_VALUE_ERROR", f"A value of type {type(value).__name__} has no CBOR form here.")


class _Reader:
    """A position in the data that only moves forward."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def left(self) -> int:
        return len(self._data) - self._at

    def value(self, depth: int) -> Any:
        major, number = self._read_head()
        if major == _UNSIGNED:
            return number
        if major == _NEGATIVE:
            return -1 - number
        if major == _BYTES:
            return self._take(number)
        if major == _TEXT:
            return self._text(number)
        if major == _SIMPLE:
            return _simple(number)
        return self._nested(major, number, depth)

    def _nested(self, major: int, number: int, depth: int) -> Any:
        if depth == 0:
            raise _too_deep()
        if major == _TAG:
            return Tag(number, self.value(depth - 1))
        if number > self.left():  # each item has a byte at least, so a short text cannot ask for much work
            raise _bad("it ends too early")
        if major == _ARRAY:
            return [self.value(depth - 1) for _ in range(number)]
        return self._map(number, depth - 1)

    def _map(self, count: int, depth: int) -> dict[int | bytes | str, Any]:
        found: dict[int | bytes | str, Any] = {}
        for _ in range(count):
            key = self.value(depth)
            if isinstance(key, bool) or not isinstance(key, int | bytes | str):
                raise _bad("a key is neither a number nor a text")
            if key in found:
                raise _bad("a key occurs twice")
            found[key] = self.value(depth)
        return found

    def _text(self, length: int) -> str:
        try:
            return self._take(length).decode("utf-8")
        except UnicodeDecodeError:
            raise _bad("a text is not UTF-8") from None

    def _read_head(self) -> tuple[int, int]:
        first = self._take(1)[0]
        major, info = first >> 5, first & 0x1F
        if info < 24:
            return major, info
        if info not in _WIDTHS:
            raise _bad("a length is indefinite or reserved")
        if major == _SIMPLE:
            raise _bad("it holds a floating point or unknown simple value")
        number = int.from_bytes(self._take(_WIDTHS[info]), "big")
        if number < (24 if info == 24 else 1 << 4 * _WIDTHS[info]):
            raise _bad("a number is not in its shortest form")
        return major, number

    def _take(self, length: int) -> bytes:
        if length > self.left():
            raise _bad("it ends too early")
        self._at += length
        return self._data[self._at - length : self._at]


def _simple(number: int) -> bool | None:
    if number not in _SIMPLE_VALUES:
        raise _bad("it holds a simple value that is not false, true or null")
    return _SIMPLE_VALUES[number]
