"""Signers out of secret JWKs: for the conformance command, which is handed its key; the service uses `issuer.keys`.

RFC 7517, RFC 7518 sections 6.2.2 and 6.3.2, RFC 8037 section 2. Nothing is stored, and no error repeats a part of the
key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import rsa

from issuer.errors import KeyStoreError
from issuer.keys import Signer
from issuer.keys_kinds import HASHES, Private, ecdsa, ed25519
from issuer.keys_rsa import signer_parts
from openbadge import multibase
from openbadge.errors import InvalidError
from openbadge.jose.jwk import rsa_numbers
from openbadge.multikey import PublicKey

_SECRETS: Final[Mapping[str, tuple[str, ...]]] = {"RSA": ("d", "p", "q", "dp", "dq", "qi"), "other": ("d",)}
"""The secret members of a JWK by `kty`; any other secret is refused as part of a public key."""


def read_signer(jwk: Mapping[str, Any], verification_method: str) -> Signer:
    """Return a signer for a secret JWK (`kty` EC, OKP or RSA) under the URL of its public key.

    An RSA key signs RS256 and has all the numbers of RFC 7518 section 6.3.2. Raises `KeyStoreError` when the secret is
    missing, has the wrong length, or is not that of the public key beside it; `InvalidError`
    INVALID_VERIFICATION_METHOD when the public part is not acceptable.
    """
    secrets = _SECRETS["RSA" if jwk.get("kty") == "RSA" else "other"]
    public = PublicKey.from_jwk({name: value for name, value in jwk.items() if name not in (*secrets, "key_ops")})
    parts = {name: _number(jwk, name) for name in secrets}
    try:
        private = _private(public, parts)
    except ValueError:
        raise KeyStoreError("The secret of the key (d) is not a secret of its kind.") from None
    if private.public_key != public:
        raise KeyStoreError("The secret of the key (d) is not that of the public key beside it.")
    return Signer.of(verification_method, private)


def _number(jwk: Mapping[str, Any], name: str) -> bytes:
    try:
        return multibase.base64url_decode(str(jwk.get(name, "")))
    except InvalidError:
        raise KeyStoreError(f"The secret of the key ({name}) is not base64url.") from None


def _private(public: PublicKey, parts: Mapping[str, bytes]) -> Private:
    if public.algorithm == "Ed25519":
        return ed25519(parts["d"])
    if public.algorithm == "RSA":
        return _rsa(public, parts)
    if public.algorithm not in HASHES:
        raise KeyStoreError(f"Keys of the kind {public.algorithm} cannot sign here.")
    return ecdsa(public.algorithm, parts["d"])


def _rsa(public: PublicKey, parts: Mapping[str, bytes]) -> Private:
    n, e = rsa_numbers(public.raw)
    d, p, q, dp, dq, qi = (int.from_bytes(parts[name], "big") for name in _SECRETS["RSA"])
    numbers = rsa.RSAPrivateNumbers(p, q, d, dp, dq, qi, rsa.RSAPublicNumbers(e, n))
    return Private(*signer_parts(numbers.private_key()))
