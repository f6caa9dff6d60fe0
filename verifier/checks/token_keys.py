"""The key of a signed token at an address of its own: Open Badges 3.0, section 8.2.2 (`kid`).

The address gives one bare JWK, or a set of them (RFC 7517 section 5). That it lies on the issuer's own web origin is
for `keys` to find out: nobody else's address says anything about the issuer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from openbadge import strict_json
from openbadge.errors import InvalidError
from openbadge.multikey import PublicKey
from verifier.material import Material

MAX_KEYS: Final = 100
"""Keys of one set that are looked at: ten years of monthly rotation would be as many."""


def published(kid: str, material: Material) -> PublicKey:
    """Return the key that the address `kid` gives.

    Raises `InvalidError` INVALID_VERIFICATION_METHOD for anything but one key that is acceptable and answers to that
    name, and `UnavailableError` when the address gives nothing.
    """
    address, _, fragment = kid.partition("#")
    fetched = material.get(address)
    try:
        document = strict_json.loads(fetched.body)
    except InvalidError as error:
        raise _bad(f"What is at {address[:200]} cannot be read: {error.detail}") from error
    return PublicKey.from_jwk(_chosen(document, {kid, fragment} - {""}, named=bool(fragment)))


def _chosen(document: Mapping[str, Any], names: set[str], *, named: bool) -> Mapping[str, Any]:
    """Return the JWK that one of `names` stands for: in a set of several it must say so, and never contradict."""
    keys = document.get("keys", [document])
    if not isinstance(keys, list) or len(keys) > MAX_KEYS or not all(isinstance(key, dict) for key in keys):
        raise _bad(f"The set of keys is no list of at most {MAX_KEYS} keys.")
    found = [key for key in keys if key.get("kid") in names]
    if not found and len(keys) == 1 and not (named and "kid" in keys[0]):
        found = keys  # the address alone tells which key it is
    if len(found) != 1:
        raise _bad(f"The address of the token's key gives {len(found)} keys of that name; it must give one.")
    return dict(found[0])


def _bad(detail: str) -> InvalidError:
    return InvalidError("INVALID_VERIFICATION_METHOD", detail)
