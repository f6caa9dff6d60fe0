"""One JSON reader and one JSON writer for the whole product.

The reader takes bytes and returns one object, or says what is wrong. It refuses everything on which two readers can
disagree: RFC 8259 section 4 leaves duplicate names, section 6 the range of numbers, section 8.2 unpaired surrogates
to the implementation, and a disagreement between two readers of a signed document is an attack.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
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

_SUSPECT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
"""An escape of U+0000 or of half a surrogate pair: only these bring such a character into a text that is UTF-8."""


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
    try:
        value = _READER.decode(text)
    except json.JSONDecodeError as error:
        raise InvalidError(
            "PARSING_ERROR",
            f"The document is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.",
        ) from None
    except RecursionError:
        raise _too_deep() from None
    _check_size(value)
    if _SUSPECT.search(text):
        _check_texts(value)
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


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        ((name, _),) = Counter(name for name, _ in pairs).most_common(1)
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


_READER = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_refuse_constant, parse_int=_integer, parse_float=_number
)
"""Does all that can be done while reading; made once, since making one costs as much as reading a small document."""


def _check_size(value: Any) -> None:
    """Bound depth and number of values, one level after the other. The reader itself stops at some 1,000 levels."""
    level, count, depth = [value] if isinstance(value, dict | list) else [], 0, 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise _too_deep()
        inside: list[Any] = []
        for item in level:
            count += len(item)
            inside += item.values() if type(item) is dict else item
        if count > MAX_NODES:
            raise InvalidError("LIMIT_EXCEEDED", f"The document has more than {MAX_NODES:,} members and items.")
        level = [item for item in inside if type(item) is dict or type(item) is list]


def _too_deep() -> InvalidError:
    return InvalidError("LIMIT_EXCEEDED", f"The document is nested deeper than {MAX_DEPTH} levels.")


def _check_texts(value: Any) -> None:
    for item in walk(value):
        if isinstance(item, str):
            _check_text(item)


def _check_text(text: str) -> None:
    if "\0" in text:
        raise InvalidError("MALFORMED_VALUE_ERROR", "A text holds the character U+0000.")
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise InvalidError("MALFORMED_VALUE_ERROR", "A text holds half of a surrogate pair.") from None
