"""Public keys: Multikey and JWK in, signature verification out.

Controlled Identifiers 1.0 section 2.2.2 "Multikey" and 2.2.3 "JsonWebKey"; RFC 8032 for Ed25519, FIPS 186-5 for ECDSA
(signatures are raw r||s, as VC Data Integrity ECDSA section 3.2.6 and RFC 7518 section 3.4 want them).

Ed25519 keys of small order and non-canonical encodings are refused (`ed25519`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key

from openbadge import ed25519, multibase
from openbadge.errors import InvalidError
from openbadge.jose import jwk as jose_key


@dataclass(frozen=True, slots=True)
class KeyType:
    """One row of the key table: names in Multikey and JOSE, lengths in bytes, and how a signature is verified.

    `multicodec` is None for keys that have no Multikey form here; a length is None when each key has its own.
    """

    name: str
    multicodec: int | None
    key_length: int | None
    signature_length: int | None
    jose_algorithm: str
    verify: Callable[[bytes, bytes, bytes], None]


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key: `algorithm` is a key of `KEY_TYPES`.

    `raw` is 32 bytes (Ed25519), a compressed point (P-256, P-384, P-521), or PKCS #1 DER (RSA, RSA-PSS).
    """

    algorithm: str
    raw: bytes

    def __post_init__(self) -> None:
        kind = key_type(self.algorithm)
        if kind.key_length not in (None, len(self.raw)):
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
        return cls(*jose_key.read(jwk))

    @property
    def multibase(self) -> str:
        """The key as `publicKeyMultibase`: `z` and base58btc of multicodec and key.

        Raises `InvalidError` INVALID_VERIFICATION_METHOD for RSA keys, which Multikey does not define.
        """
        code = key_type(self.algorithm).multicodec
        if code is None:
            raise _bad_key(f"Keys of type {self.algorithm} have no Multikey form; use a JWK.")
        return multibase.encode_base58btc(multibase.with_multicodec(code, self.raw))

    def jwk(self) -> dict[str, str]:
        """The key as a public JWK (RFC 7517, RFC 8037)."""
        return jose_key.write(self.algorithm, self.raw)

    def verify(self, signature: bytes, data: bytes) -> None:
        """Accept `signature` over `data`, or raise `InvalidError`.

        PROOF_VERIFICATION_ERROR for a wrong length, CRYPTOGRAPHIC_SECURITY_ERROR for a signature that does not match.
        """
        kind = key_type(self.algorithm)
        if kind.signature_length not in (None, len(signature)):
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
    if not ed25519.is_acceptable(encoded):
        raise _bad_key("The Ed25519 point is of small order or not in canonical form.")


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


def _verify_rsa(scheme: padding.AsymmetricPadding) -> Callable[[bytes, bytes, bytes], None]:
    def verify(raw: bytes, signature: bytes, data: bytes) -> None:
        key = load_der_public_key(raw)
        if not isinstance(key, rsa.RSAPublicKey):
            raise _bad_key("The key is not an RSA key.")
        key.verify(signature, data, scheme, hashes.SHA256())

    return verify


def _check_rsa(raw: bytes) -> None:
    jose_key.rsa_numbers(raw)


_CURVES: Final = jose_key.CURVES
_PSS: Final = padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=hashes.SHA256.digest_size)
"""RFC 7518 section 3.5: the salt is as long as the hash, neither less nor more."""
_CHECKS: Final[Mapping[str, Callable[[bytes], None]]] = {
    "Ed25519": _check_edwards_point,
    **{name: _check_curve(curve) for name, curve in _CURVES.items()},
    "RSA": _check_rsa,
    "RSA-PSS": _check_rsa,
}
KEY_TYPES: Final[Mapping[str, KeyType]] = {
    kind.name: kind
    for kind in (
        KeyType("Ed25519", 0xED, 32, 64, "EdDSA", ed25519.verify),
        KeyType("P-256", 0x1200, 33, 64, "ES256", _verify_ecdsa(_CURVES["P-256"], hashes.SHA256())),
        KeyType("P-384", 0x1201, 49, 96, "ES384", _verify_ecdsa(_CURVES["P-384"], hashes.SHA384())),
        KeyType("P-521", 0x1202, 67, 132, "ES512", _verify_ecdsa(_CURVES["P-521"], hashes.SHA512())),
        KeyType("RSA", None, None, None, "RS256", _verify_rsa(padding.PKCS1v15())),
        KeyType("RSA-PSS", None, None, None, "PS256", _verify_rsa(_PSS)),
    )
}
"""Key types that can sign a credential: the one table that Multikey, JWK and signatures share."""
