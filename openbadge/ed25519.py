"""Ed25519 signatures, verified in one way everywhere: by libsodium, behind checks of our own.

RFC 8032 section 5.1.7. Refused before libsodium sees them, in the key as in the signature's R: the eight points of
small order, for which one fixed signature is good for every message, and encodings that are not canonical, so that no
point has two spellings. libsodium refuses an S that is not below the group order, and points that are none. Why
libsodium: docs/decisions/0010-libsodium.md.
"""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidSignature
from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

KEY_LENGTH: Final = 32
SIGNATURE_LENGTH: Final = 64
_P: Final = 2**255 - 19
_ORDER_8_Y: Final = 2707385501144840649318225287225658788936804267575313519463743609750303402022
_SMALL_ORDER_Y: Final = (0, 1, _P - 1, _ORDER_8_Y, _P - _ORDER_8_Y)
"""The y coordinates of the eight points of small order on edwards25519 (both signs of x share a y)."""
REFUSED_POINTS: Final = frozenset(
    (y | sign << 255).to_bytes(32, "little") for y in (*_SMALL_ORDER_Y, *range(_P, 2**255)) for sign in (0, 1)
)
"""Every encoding of a point that is refused: ten of small order, and the 38 with a y that is not reduced."""


def is_acceptable(encoded: bytes) -> bool:
    """Say whether bytes may be a public key: 32, canonical, not of small order. Whether on the curve, shows later."""
    return len(encoded) == KEY_LENGTH and encoded not in REFUSED_POINTS


def verify(public: bytes, signature: bytes, data: bytes) -> None:
    """Accept the `signature` (64 bytes) over `data` under the key `public` (32 bytes), or raise `InvalidSignature`."""
    if not is_acceptable(public) or len(signature) != SIGNATURE_LENGTH or signature[:32] in REFUSED_POINTS:
        raise InvalidSignature
    try:
        crypto_sign_open(signature + data, public)
    except BadSignatureError:
        raise InvalidSignature from None
