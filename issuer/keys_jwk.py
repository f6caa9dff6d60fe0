"""Signers out of secret JWKs: for the conformance command, which is handed its key; the service uses `issuer.keys`.

RFC 7517, RFC 7518 section 6.2.2 and RFC 8037 section 2. Nothing is stored, and no error repeats a part of the key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from issuer.errors import KeyStoreError
from issuer.keys import Signer
from openbadge import multibase
from openbadge.errors import InvalidError
from openbadge.jose.jwk import CURVES
from openbadge.multikey import PublicKey

Sign = Callable[[bytes], bytes]

_HASHES: Final[Mapping[str, hashes.HashAlgorithm]] = {
    "P-256": hashes.SHA256(),
    "P-384": hashes.SHA384(),
    "P-521": hashes.SHA512(),
}


def read_signer(jwk: Mapping[str, Any], verification_method: str) -> Signer:
    """Return a signer for a secret JWK (`kty` EC or OKP, with `d`) under the URL of its public key.

    Raises `KeyStoreError` when the secret is missing, has the wrong length, or is not that of the public key beside it;
    `InvalidError` INVALID_VERIFICATION_METHOD when the public part is not acceptable.
    """
    public = PublicKey.from_jwk({name: value for name, value in jwk.items() if name not in ("d", "key_ops")})
    secret = _secret(jwk)
    try:
        raw, sign = _ed25519(secret) if public.algorithm == "Ed25519" else _ecdsa(public.algorithm, secret)
    except ValueError:
        raise KeyStoreError("The secret of the key (d) is not a secret of its kind.") from None
    if raw != public.raw:
        raise KeyStoreError("The secret of the key (d) is not that of the public key beside it.")
    return Signer(verification_method, public.algorithm, public, sign)


def _secret(jwk: Mapping[str, Any]) -> bytes:
    try:
        return multibase.base64url_decode(str(jwk.get("d", "")))
    except InvalidError:
        raise KeyStoreError("The secret of the key (d) is not base64url.") from None


def _ed25519(secret: bytes) -> tuple[bytes, Sign]:
    key = Ed25519PrivateKey.from_private_bytes(secret)
    return key.public_key().public_bytes_raw(), key.sign


def _ecdsa(name: str, secret: bytes) -> tuple[bytes, Sign]:
    if name not in CURVES:
        raise KeyStoreError(f"Keys of the kind {name} cannot sign here.")
    curve, size = CURVES[name], (CURVES[name].key_size + 7) // 8
    if len(secret) != size:
        raise ValueError("length")
    key = ec.derive_private_key(int.from_bytes(secret, "big"), curve)
    algorithm = ec.ECDSA(_HASHES[name], deterministic_signing=True)  # RFC 6979: the same bytes again

    def sign(data: bytes) -> bytes:
        r, s = decode_dss_signature(key.sign(data, algorithm))
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    return key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint), sign
