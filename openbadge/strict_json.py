"""One JSON reader and one JSON writer for the whole product.

The reader takes bytes and returns one object, or says what is wrong. It refuses everything on which two readers can
disagree: RFC 8259 section 4 leaves duplicate names, section 6 the range of numbers, section 8.2 unpaired surrogates
to the implementation, and a disagreement between two readers of a signed document is an attack.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from openbadge.errors import InvalidError

MAX_BYTES = 1024 * 1024
"""1 MiB of UTF-8: a hundred times a rich badge; enough for an embedded picture."""
MAX_DEPTH = 20
"""Nested arrays and objects: the deepest official example has 10."""
MAX_NODES = 10_000
"""Members and array items in all: canonicalising more would exceed a second of CPU."""
MAX_INTEGER_DIGITS = 19
"""Digits of an integer literal: enough for any 64-bit number, too few to slow the reader down."""
MAX_SAFE_INTEGER = 2**53 - 1
"""Largest integer that every JSON reader keeps exactly (RFC 8259 section 6)."""

# A string without its end runs to the end of the text: so each character is looked at once, whatever the text.
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[{]|[\]}]', re.DOTALL)


def loads(data: bytes, *, limit: int = MAX_BYTES) -> dict[str, Any]:
    """Parse one JSON object from UTF-8 bytes of at most `limit` bytes.

    Returns plain dicts, lists, strings, ints, floats, booleans and None; callers treat the result as read-only.
    Raises `InvalidError` PARSING_ERROR, DUPLICATE_JSON_KEY, MALFORMED_VALUE_ERROR or LIMIT_EXCEEDED.
    """
    value = loads_any(data, limit=limit)
    if not isinstance(value, dict):
        raise InvalidError("PARSING_ERROR", "The document is JSON, but not an object in braces.")
    return value


def loads_any(data: bytes, *, limit: int = MAX_BYTES) -> Any:
    """Parse one JSON value of any type; limits and errors as for `loads`."""
    text = _decode(data, limit)
    _check_depth(text)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_int=_integer,
            parse_float=_number,
        )
    except json.JSONDecodeError as error:
        raise InvalidError(
            "PARSING_ERROR",
            f"The document is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.",
        ) from None
    _check_values(value)
    return value


def dumps(value: Any) -> bytes:
    """Write JSON as compact ASCII bytes: no spaces, every character beyond ASCII escaped, member order kept.

    Raises `InvalidError` MALFORMED_VALUE_ERROR for a fraction or an integer beyond 2^53 - 1: readers do not agree on
    them, so we never emit them.
    """
    for item in walk(value):
        if isinstance(item, float) or (type(item) is int and abs(item) > MAX_SAFE_INTEGER):
            raise InvalidError("MALFORMED_VALUE_ERROR", f"The number {item} cannot be written safely; use a string.")
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode("ascii")


def walk(value: Any) -> Iterator[Any]:
    """Yield `value` and everything inside it, member names included, in document order."""
    stack = [value]
    while stack:
        item = stack.pop()
        yield item
        if isinstance(item, dict):
            stack.extend(part for pair in reversed(item.items()) for part in reversed(pair))
        elif isinstance(item, list):
            stack.extend(reversed(item))


def _decode(data: bytes, limit: int) -> str:
    if len(data) > limit:
        raise InvalidError("LIMIT_EXCEEDED", f"The document has {len(data):,} bytes; the limit is {limit:,}.")
    if data.startswith(b"\xef\xbb\xbf"):
        raise InvalidError("PARSING_ERROR", "The document starts with a byte order mark; save it as plain UTF-8.")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidError("PARSING_ERROR", "The document is not UTF-8 text.") from None


def _check_depth(text: str) -> None:
    depth = 0
    for match in _TOKENS.finditer(text):
        mark = match.group()[0]
        if mark in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise InvalidError("LIMIT_EXCEEDED", f"The document is nested deeper than {MAX_DEPTH} levels.")
        elif mark in "]}":
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        name = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise InvalidError("DUPLICATE_JSON_KEY", f"The member {name[:100]!r} occurs twice in one object.")
    return result


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidError("PARSING_ERROR", f"{name} is not a JSON number.")


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > MAX_INTEGER_DIGITS:
        raise InvalidError("LIMIT_EXCEEDED", f"A whole number has more than {MAX_INTEGER_DIGITS} digits.")
    return int(digits)


def _number(text: str) -> float:
    number = float(text) if len(text) <= 100 else math.inf
    if math.isinf(number):
        raise InvalidError("MALFORMED_VALUE_ERROR", "A number is too large or too long.")
    return number


def _check_values(value: Any) -> None:
    count = 0
    for item in walk(value):
        if isinstance(item, dict | list):
            count += len(item)
            if count > MAX_NODES:
                raise InvalidError("LIMIT_EXCEEDED", f"The document has more than {MAX_NODES:,} members and items.")
        elif isinstance(item, str):
            _check_text(item)


def _check_text(text: str) -> None:
    if "\0" in text:
        raise InvalidError("MALFORMED_VALUE_ERROR", "A text holds the character U+0000.")
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise InvalidError("MALFORMED_VALUE_ERROR", "A text holds half of a surrogate pair.") from None
