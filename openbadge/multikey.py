"""Public keys: Multikey and JWK in, signature verification out.

Controlled Identifiers 1.0 section 2.2.2 "Multikey" and 2.2.3 "JsonWebKey"; RFC 8032 for Ed25519, FIPS 186-5 for ECDSA
(signatures are raw r||s, as VC Data Integrity ECDSA section 3.2.6 and RFC 7518 section 3.4 want them).

OpenSSL accepts Ed25519 keys of small order and non-canonical encodings; with such a key one fixed signature is good
for every message. Both are refused here, in the key and in the signature.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from openbadge import multibase
from openbadge.errors import InvalidError

_P: Final = 2**255 - 19
_ORDER_8_Y: Final = 2707385501144840649318225287225658788936804267575313519463743609750303402022
_SMALL_ORDER_Y: Final = frozenset({0, 1, _P - 1, _ORDER_8_Y, _P - _ORDER_8_Y})
"""The y coordinates of the eight points of small order on edwards25519 (both signs of x share a y)."""


@dataclass(frozen=True, slots=True)
class KeyType:
    """One row of the key table: names in Multikey and JWK, lengths in bytes, and how a signature is verified."""

    name: str
    multicodec: int
    key_length: int
    signature_length: int
    jwk: Mapping[str, str]
    jose_algorithm: str
    verify: Callable[[bytes, bytes, bytes], None]


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key: `algorithm` is a key of `KEY_TYPES`; `raw` is 32 bytes (Ed25519) or a compressed point."""

    algorithm: str
    raw: bytes

    def __post_init__(self) -> None:
        kind = key_type(self.algorithm)
        if len(self.raw) != kind.key_length:
            raise _bad_key(f"A key of type {kind.name} has {kind.key_length} bytes, this one {len(self.raw)}.")
        _CHECKS[self.algorithm](self.raw)

    @classmethod
    def from_multibase(cls, text: str) -> PublicKey:
        """Read `publicKeyMultibase` (base58btc). Raises `InvalidError` INVALID_VERIFICATION_METHOD."""
        if not isinstance(text, str) or not text.startswith("z"):
            raise _bad_key("The key is not written in base58btc (it must start with z).")
        try:
            code, raw = multibase.split_multicodec(multibase.decode_multibase(text))
        except InvalidError as error:
            raise _bad_key(f"The key cannot be read: {error.detail}") from error
        names = [kind.name for kind in KEY_TYPES.values() if kind.multicodec == code]
        if not names:
            raise _bad_key(f"Keys of the kind 0x{code:x} are not supported for signatures.")
        return cls(names[0], raw)

    @classmethod
    def from_jwk(cls, jwk: Mapping[str, Any]) -> PublicKey:
        """Read `publicKeyJwk`. Raises `InvalidError` INVALID_VERIFICATION_METHOD, also when it holds a secret `d`."""
        if "d" in jwk:
            raise _bad_key("The key document shows a private key; that key can no longer be relied on.")
        for kind in KEY_TYPES.values():
            if all(jwk.get(name) == value for name, value in kind.jwk.items()):
                return cls(kind.name, _jwk_point(jwk, kind))
        raise _bad_key("Keys of this kind are not supported for signatures.")

    @property
    def multibase(self) -> str:
        """The key as `publicKeyMultibase`: `z` and base58btc of multicodec and key."""
        return multibase.encode_base58btc(multibase.with_multicodec(key_type(self.algorithm).multicodec, self.raw))

    def jwk(self) -> dict[str, str]:
        """The key as a public JWK (RFC 7517, RFC 8037)."""
        kind = key_type(self.algorithm)
        if kind.name == "Ed25519":
            return {**kind.jwk, "x": multibase.base64url_encode(self.raw)}
        numbers = ec.EllipticCurvePublicKey.from_encoded_point(_CURVES[kind.name], self.raw).public_numbers()
        size = kind.key_length - 1
        return {
            **kind.jwk,
            "x": multibase.base64url_encode(numbers.x.to_bytes(size, "big")),
            "y": multibase.base64url_encode(numbers.y.to_bytes(size, "big")),
        }

    def verify(self, signature: bytes, data: bytes) -> None:
        """Accept `signature` over `data`, or raise `InvalidError`.

        PROOF_VERIFICATION_ERROR for a wrong length, CRYPTOGRAPHIC_SECURITY_ERROR for a signature that does not match.
        """
        kind = key_type(self.algorithm)
        if len(signature) != kind.signature_length:
            raise InvalidError(
                "PROOF_VERIFICATION_ERROR",
                f"A signature of a {kind.name} key has {kind.signature_length} bytes, this one {len(signature)}.",
            )
        try:
            kind.verify(self.raw, signature, data)
        except InvalidSignature:
            raise InvalidError(
                "CRYPTOGRAPHIC_SECURITY_ERROR",
                "The signature does not match: the content was changed after signing, or another key signed it.",
            ) from None


def key_type(name: str) -> KeyType:
    """Look a key type up. Raises `InvalidError` INVALID_VERIFICATION_METHOD for an unknown one."""
    if name not in KEY_TYPES:
        raise _bad_key(f"Keys of type {name!r} are not supported.")
    return KEY_TYPES[name]


def _bad_key(detail: str) -> InvalidError:
    return InvalidError("INVALID_VERIFICATION_METHOD", detail)


def _check_edwards_point(encoded: bytes) -> None:
    y = int.from_bytes(encoded, "little") & (2**255 - 1)
    if y >= _P or y in _SMALL_ORDER_Y:
        raise _bad_key("The Ed25519 point is of small order or not in canonical form.")


def _verify_ed25519(raw: bytes, signature: bytes, data: bytes) -> None:
    try:
        _check_edwards_point(signature[:32])
    except InvalidError:
        raise InvalidSignature from None
    ed25519.Ed25519PublicKey.from_public_bytes(raw).verify(signature, data)


def _check_curve(curve: ec.EllipticCurve) -> Callable[[bytes], None]:
    def check(raw: bytes) -> None:
        try:
            ec.EllipticCurvePublicKey.from_encoded_point(curve, raw)
        except ValueError:
            raise _bad_key(f"The key is not a point of the curve {curve.name}.") from None
        if raw[0] not in (2, 3):
            raise _bad_key("The key is not a compressed point.")

    return check


def _verify_ecdsa(curve: ec.EllipticCurve, digest: hashes.HashAlgorithm) -> Callable[[bytes, bytes, bytes], None]:
    def verify(raw: bytes, signature: bytes, data: bytes) -> None:
        half = len(signature) // 2
        r, s = int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
        if not (0 < r < curve.group_order and 0 < s < curve.group_order):
            raise InvalidError("PROOF_VERIFICATION_ERROR", "The signature's numbers are out of the curve's range.")
        key = ec.EllipticCurvePublicKey.from_encoded_point(curve, raw)
        key.verify(encode_dss_signature(r, s), data, ec.ECDSA(digest))

    return verify


def _jwk_point(jwk: Mapping[str, Any], kind: KeyType) -> bytes:
    try:
        x = multibase.base64url_decode(jwk["x"])
        if kind.name == "Ed25519":
            return x
        y = multibase.base64url_decode(jwk["y"])
        if len(x) != len(y):  # RFC 7518 section 6.2.1.2: both have the full length of the field
            raise _bad_key("The coordinates of the key (JWK) have different lengths.")
        point = b"\x04" + x + y
        key = ec.EllipticCurvePublicKey.from_encoded_point(_CURVES[kind.name], point)
    except (KeyError, TypeError, ValueError, InvalidError):
        raise _bad_key("The key (JWK) lacks a coordinate, or the coordinates are not on the curve.") from None
    return key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


_CURVES: Final[Mapping[str, ec.EllipticCurve]] = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1()}
_CHECKS: Final[Mapping[str, Callable[[bytes], None]]] = {
    "Ed25519": _check_edwards_point,
    "P-256": _check_curve(_CURVES["P-256"]),
    "P-384": _check_curve(_CURVES["P-384"]),
}
KEY_TYPES: Final[Mapping[str, KeyType]] = {
    kind.name: kind
    for kind in (
        KeyType("Ed25519", 0xED, 32, 64, {"kty": "OKP", "crv": "Ed25519"}, "EdDSA", _verify_ed25519),
        KeyType(
            "P-256", 0x1200, 33, 64, {"kty": "EC", "crv": "P-256"}, "ES256",
            _verify_ecdsa(_CURVES["P-256"], hashes.SHA256()),
        ),
        KeyType(
            "P-384", 0x1201, 49, 96, {"kty": "EC", "crv": "P-384"}, "ES384",
            _verify_ecdsa(_CURVES["P-384"], hashes.SHA384()),
        ),
    )
}  # fmt: skip
"""Key types that can sign a credential: the one table that Multikey, JWK and signatures share."""
