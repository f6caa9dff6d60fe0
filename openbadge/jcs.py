"""The JSON Canonicalization Scheme (RFC 8785): one text for each JSON value.

Members are sorted by UTF-16 code units (section 3.2.3), strings keep everything but what JSON must escape (3.2.2.2),
and numbers are written as ECMAScript writes them (3.2.2.3).
"""

from __future__ import annotations

import json
import math
from typing import Any

from openbadge.errors import InvalidError


def canonicalize(value: Any) -> bytes:
    """Return the canonical UTF-8 bytes of a parsed JSON value.

    Raises `InvalidError` MALFORMED_VALUE_ERROR for NaN, infinity, half of a surrogate pair, or what JSON lacks, and
    LIMIT_EXCEEDED for a value nested deeper than the interpreter can follow (some hundred levels).
    """
    try:
        return _text(value).encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidError("MALFORMED_VALUE_ERROR", "A text holds half of a surrogate pair.") from None
    except RecursionError:
        raise InvalidError("LIMIT_EXCEEDED", "The value is nested too deeply.") from None


def _text(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, list):
        return f"[{','.join(map(_text, value))}]"
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{_text(name)}:{_text(value[name])}" for name in names) + "}"
    raise InvalidError("MALFORMED_VALUE_ERROR", f"A value of type {type(value).__name__} is not JSON.")


def _number(value: float) -> str:
    """Write a number as `Number.prototype.toString` does (ECMA-262 section 6.1.6.1.20)."""
    number = _double(value)
    if number == 0:
        return "0"
    sign = "-" if number < 0 else ""
    mantissa, _, exponent = repr(abs(number)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    return sign + _placed(digits.rstrip("0"), point)


def _placed(digits: str, point: int) -> str:
    """Write `0.DIGITS * 10^point`, with the exponent form outside 1e-7 … 1e21."""
    count = len(digits)
    if count <= point <= 21:
        return digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if count > 1 else ""
    return f"{digits[0]}{fraction}e{point - 1:+d}"


def _double(value: float) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise InvalidError("MALFORMED_VALUE_ERROR", "A number is too large for JSON.")
    return number
