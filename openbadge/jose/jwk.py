"""Public JSON Web Keys: RFC 7517, with the key types of RFC 7518 section 6 and RFC 8037.

One key, one algorithm (RFC 8725 section 3.1): the curve decides for elliptic keys, `alg` for RSA keys, where its
absence means RS256, the algorithm that Open Badges 3.0 section 8.2 names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from openbadge import multibase
from openbadge.errors import InvalidError

CURVES: Final[Mapping[str, ec.EllipticCurve]] = {
    "P-256": ec.SECP256R1(),
    "P-384": ec.SECP384R1(),
    "P-521": ec.SECP521R1(),
}
MIN_RSA_BITS: Final = 2_048
"""RFC 7518 section 3.3: a key of this size or larger MUST be used."""
MAX_RSA_BITS: Final = 8_192
"""Bits. A larger modulus buys no security that anyone needs, and its verification time is an attack."""
MIN_RSA_EXPONENT: Final = 65_537
"""FIPS 186-5 section 5.4 (2^16 < e); small exponents make forgeries of sloppy paddings possible."""
MAX_RSA_EXPONENT: Final = 2**32
"""FIPS allows 2^256; no key in use has more than 65537, and a long exponent only costs time."""

_SECRETS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_FAMILIES: Final = {"EC": tuple(CURVES), "OKP": ("Ed25519",)}
_ALGORITHMS: Final[Mapping[str, frozenset[str]]] = {
    "P-256": frozenset({"ES256"}),
    "P-384": frozenset({"ES384"}),
    "P-521": frozenset({"ES512"}),
    "Ed25519": frozenset({"EdDSA", "Ed25519"}),  # RFC 9864 gives the old name a second one
}
_RSA_TYPES: Final[Mapping[str, str]] = {"RS256": "RSA", "PS256": "RSA-PSS"}


def read(jwk: Mapping[str, Any]) -> tuple[str, bytes]:
    """Return the key type (a key of `multikey.KEY_TYPES`) and the key: 32 bytes, a compressed point, or PKCS #1 DER.

    Raises `InvalidError` INVALID_VERIFICATION_METHOD for a key of another kind, for another use, with a secret part,
    or of which a number is missing, not canonical base64url, or not of full and exact length.
    """
    if not _SECRETS.isdisjoint(jwk):
        raise _bad("The key document shows a private key; that key can no longer be relied on.")
    if jwk.get("use", "sig") != "sig" or "verify" not in _operations(jwk):
        raise _bad("The key (JWK) is not meant for checking signatures.")
    kty = jwk.get("kty")
    if kty == "RSA":
        return _rsa_type(jwk), _rsa(jwk)
    curve = jwk.get("crv")
    if not isinstance(kty, str) or curve not in _FAMILIES.get(kty, ()):
        raise _bad("Keys of this kind are not supported for signatures.")
    if "alg" in jwk and str(jwk["alg"]) not in _ALGORITHMS[curve]:
        raise _bad(f"The key (JWK) is for {str(jwk['alg'])[:20]!r}, which its type cannot do or we do not accept.")
    return curve, _number(jwk, "x") if kty == "OKP" else _point(jwk, CURVES[curve])


def write(key_type: str, raw: bytes) -> dict[str, str]:
    """Return the public JWK of a key in the form that `read` returns. RSA keys carry `alg`, since only it tells."""
    if key_type in CURVES:
        curve = CURVES[key_type]
        numbers = ec.EllipticCurvePublicKey.from_encoded_point(curve, raw).public_numbers()
        size = _size(curve)
        return {"kty": "EC", "crv": key_type, "x": _text(numbers.x, size), "y": _text(numbers.y, size)}
    if key_type == "Ed25519":
        return {"kty": "OKP", "crv": key_type, "x": multibase.base64url_encode(raw)}
    modulus, exponent = rsa_numbers(raw)
    alg = next(alg for alg, name in _RSA_TYPES.items() if name == key_type)
    return {"kty": "RSA", "alg": alg, "n": _text(modulus), "e": _text(exponent)}


def rsa_numbers(raw: bytes) -> tuple[int, int]:
    """Return modulus and exponent of an RSA key in PKCS #1 DER.

    Raises `InvalidError` INVALID_VERIFICATION_METHOD when it is none, or a number is out of the limits above.
    """
    try:
        key = load_der_public_key(raw)
    except (ValueError, UnsupportedAlgorithm):
        raise _bad("The RSA key cannot be read.") from None
    if not isinstance(key, rsa.RSAPublicKey) or key.public_bytes(Encoding.DER, PublicFormat.PKCS1) != raw:
        raise _bad("The RSA key is not in PKCS #1 form.")
    numbers = key.public_numbers()
    _check_rsa(numbers.n, numbers.e)
    return numbers.n, numbers.e


def _rsa_type(jwk: Mapping[str, Any]) -> str:
    alg = jwk.get("alg", "RS256")
    if not isinstance(alg, str) or alg not in _RSA_TYPES:
        raise _bad(f"The key (JWK) is for {str(alg)[:20]!r}; of RSA keys only RS256 and PS256 are accepted.")
    return _RSA_TYPES[alg]


def _rsa(jwk: Mapping[str, Any]) -> bytes:
    modulus, exponent = (_number(jwk, name) for name in ("n", "e"))
    if modulus[:1] in (b"", b"\0") or exponent[:1] in (b"", b"\0"):  # RFC 7518 section 6.3.1.1
        raise _bad("A number of the RSA key is not written in its shortest form.")
    n, e = int.from_bytes(modulus, "big"), int.from_bytes(exponent, "big")
    _check_rsa(n, e)
    return rsa.RSAPublicNumbers(e, n).public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)


def _check_rsa(modulus: int, exponent: int) -> None:
    bits = modulus.bit_length()
    if not MIN_RSA_BITS <= bits <= MAX_RSA_BITS:
        raise _bad(f"The RSA key has {bits:,} bits; {MIN_RSA_BITS:,} to {MAX_RSA_BITS:,} are accepted.")
    if not MIN_RSA_EXPONENT <= exponent <= MAX_RSA_EXPONENT or exponent % 2 == 0 or modulus % 2 == 0:
        raise _bad("The numbers of the RSA key are weak: an odd modulus and an odd exponent from 65537 are accepted.")


def _point(jwk: Mapping[str, Any], curve: ec.EllipticCurve) -> bytes:
    x, y = (_number(jwk, name) for name in ("x", "y"))
    if {len(x), len(y)} != {_size(curve)}:  # RFC 7518 section 6.2.1.2: the full length of the field
        raise _bad("The coordinates of the key (JWK) do not have the length of their curve.")
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(curve, b"\x04" + x + y)
    except ValueError:
        raise _bad("The coordinates of the key (JWK) are not on the curve.") from None
    return key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def _operations(jwk: Mapping[str, Any]) -> list[Any]:
    operations = jwk.get("key_ops", ["verify"])
    return operations if isinstance(operations, list) else []


def _number(jwk: Mapping[str, Any], name: str) -> bytes:
    value = jwk.get(name)
    if not isinstance(value, str):
        raise _bad(f"The key (JWK) lacks its member {name}.")
    try:
        return multibase.base64url_decode(value)
    except InvalidError as error:
        raise _bad(f"The member {name} of the key (JWK) cannot be read: {error.detail}") from error


def _text(number: int, size: int | None = None) -> str:
    return multibase.base64url_encode(number.to_bytes(size or (number.bit_length() + 7) // 8, "big"))


def _size(curve: ec.EllipticCurve) -> int:
    return (curve.key_size + 7) // 8


def _bad(detail: str) -> InvalidError:
    return InvalidError("INVALID_VERIFICATION_METHOD", detail)
