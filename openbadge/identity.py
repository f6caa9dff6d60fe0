"""Who a badge was issued to: IdentityObject and IdentityHash of Open Badges 3.0, appendix B.

An identifier is written plainly, or as `sha256$` and the hex SHA-256 of UTF-8(identifier) followed by
UTF-8(salt). A hash hides little, since whoever guesses the identifier can confirm it; the salt only keeps
badges from being linked.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from openbadge.errors import InvalidError

EMAIL: Final = "emailAddress"

_HASH: Final = re.compile(r"([a-z0-9]{1,16})\$([0-9A-Fa-f]{1,128})")


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


_READ: Final[Mapping[str, Callable[[bytes], str]]] = MappingProxyType({"sha256": _sha256, "md5": _md5})
"""Algorithms that the standard knows. Both are read; only SHA-256 is ever issued."""


def normalize(identity_type: str, value: str) -> str:
    """Return `value` as it is hashed and compared: trimmed, and in lower case when it is an `emailAddress`.

    The standard has no rule for letter case; mail systems treat addresses alike whatever their case.
    """
    trimmed = value.strip()
    return trimmed.lower() if identity_type == EMAIL else trimmed


def hash_identity(value: str, salt: str = "") -> str:
    """Return `sha256$` and the lower-case hex hash of `value` followed by `salt`; `value` is taken as it is.

    Raises `InvalidError` MALFORMED_VALUE_ERROR for text that UTF-8 cannot express.
    """
    return "sha256$" + _sha256(_utf8(value + salt))


def identity_object(value: str, identity_type: str, salt: str) -> dict[str, Any]:
    """Return the IdentityObject to issue: the hash of the normalised `value` with `salt`.

    `salt` comes from the caller's random source, at least 16 bytes as text and another one for every badge.
    Raises `InvalidError` MALFORMED_VALUE_ERROR when it is empty or when `value` is.
    """
    normal = normalize(identity_type, value)
    if not normal or not salt:
        raise _malformed("An identifier and a salt are needed to write down who a badge is for.")
    return {
        "type": "IdentityObject",
        "hashed": True,
        "identityHash": hash_identity(normal, salt),
        "identityType": identity_type,
        "salt": salt,
    }


def matches(identity_object: Mapping[str, Any], value: str, identity_type: str) -> bool:
    """Say whether `identity_object`, out of a badge, names `value` of the type `identity_type`.

    Takes the same time wherever the two differ. Raises `InvalidError` MALFORMED_VALUE_ERROR when the object
    is not of the standard's form or uses a hash algorithm other than SHA-256 and MD5.
    """
    hashed = identity_object.get("hashed")
    expected = _text(identity_object, "identityHash")
    if not isinstance(hashed, bool):
        raise _malformed("The member hashed of an IdentityObject must be true or false.")
    if _text(identity_object, "identityType") != identity_type:
        return False
    if not hashed:
        return _equal(normalize(identity_type, expected), normalize(identity_type, value))
    salt = _text(identity_object, "salt") if "salt" in identity_object else ""
    # Other issuers hash an address as it was typed, so both spellings are tried, always both.
    usual = _hash_matches(expected, normalize(identity_type, value) + salt)
    typed = _hash_matches(expected, value.strip() + salt)
    return usual or typed


def _hash_matches(expected: str, salted: str) -> bool:
    match = _HASH.fullmatch(expected)
    if match is None:
        raise _malformed("The identityHash is not an algorithm, a dollar sign and a hash in hex.")
    algorithm, digest = match.groups()
    if algorithm not in _READ:
        raise _malformed(f"The identityHash uses {algorithm}; only sha256 and md5 are known.")
    return _equal(_READ[algorithm](_utf8(salted)), digest.lower())


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(_utf8(one), _utf8(other))


def _text(identity_object: Mapping[str, Any], name: str) -> str:
    value = identity_object.get(name)
    if not isinstance(value, str):
        raise _malformed(f"The member {name} of an IdentityObject must be a text.")
    return value


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise _malformed("An identifier holds half of a surrogate pair.") from None


def _malformed(detail: str) -> InvalidError:
    return InvalidError("MALFORMED_VALUE_ERROR", detail)
