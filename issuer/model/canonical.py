"""The one byte form of JSON that digests are taken of."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

_encode: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def canonical_json(value: Any) -> bytes:
    """Return `value` as UTF-8 JSON with sorted member names and no white space.

    Equal to RFC 8785 (JCS) for what we put in: ASCII member names, strings, booleans, `None`, and integers
    below 2^53. Raises `TypeError` for a fraction, whose JCS form needs ECMAScript number printing.
    """
    _refuse_fractions(value)
    return _encode(value).encode()


def sha256(data: bytes) -> bytes:
    """Return the 32 bytes of SHA-256 over `data`."""
    return hashlib.sha256(data).digest()


def _refuse_fractions(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError("a fraction has no agreed byte form here; write it as a decimal string")
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            _refuse_fractions(item)
