"""RSA keys that sign RS256: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 section 3.3). For tokens only.

No Data Integrity cryptosuite has RSA. Signing the same bytes twice gives the same signature, as with our other keys.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from issuer.errors import KeyStoreError
from openbadge.multikey import PublicKey

SIZES: Final = (2_048, 3_072, 4_096)
"""Bits of a modulus. Fewer than 2,048 are forbidden (RFC 7518 section 3.3); beyond 4,096 signing gets slow and key
services and smartcards have no such keys."""
DEFAULT_BITS: Final = 3_072
"""128 bits of strength, as Ed25519 and P-256 have, and good beyond 2030 (NIST SP 800-57 part 1, tables 2 and 4)."""
EXPONENT: Final = 65_537
"""The smallest that FIPS 186-5 appendix A.1.1 allows, and the only one that every implementation takes."""

Sign = Callable[[bytes], bytes]


def make(bits: int) -> bytes:
    """Return the secret of a new key, PKCS #8 in DER. Raises `KeyStoreError` for a size that is not in `SIZES`.

    The primes are drawn by OpenSSL with its own randomness: a search for primes is no place for code of our own.
    """
    _check_size(bits)
    key = rsa.generate_private_key(EXPONENT, bits)
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def read(secret: bytes) -> tuple[PublicKey, Sign]:
    """Return the public key, and what signs, of a secret that `make` returned.

    Raises `KeyStoreError` for anything else, also for a key of another size or exponent.
    """
    try:
        key = load_der_private_key(secret, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeyStoreError("The secret of the RSA key cannot be read; restore its file from a backup.") from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise KeyStoreError("The secret of the RSA key is that of another kind of key.")
    _check_size(key.key_size)
    if key.public_key().public_numbers().e != EXPONENT:
        raise KeyStoreError(f"The RSA key has another exponent than {EXPONENT}. Make a new one.")
    return signer_parts(key)


def signer_parts(key: rsa.RSAPrivateKey) -> tuple[PublicKey, Sign]:
    """Return the public key of `key`, and what signs RS256 with it.

    Raises `InvalidError` INVALID_VERIFICATION_METHOD for a key that no verifier of ours would accept.
    """
    public = PublicKey("RSA", key.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1))
    return public, lambda data: key.sign(data, padding.PKCS1v15(), hashes.SHA256())


def _check_size(bits: int) -> None:
    if bits not in SIZES:
        raise KeyStoreError(f"RSA keys have {', '.join(map(str, SIZES[:-1]))} or {SIZES[-1]} bits here, not {bits}.")
