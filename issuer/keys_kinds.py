"""Kinds of keys that are made here: how a secret is drawn, and how it becomes something that signs.

RFC 8032 for Ed25519, FIPS 186-5 for ECDSA and RSA. Every kind signs the same bytes the same way twice, so that a crash
between signing and storing leaves no second credential.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from nacl.bindings import crypto_sign, crypto_sign_seed_keypair

from issuer import keys_rsa
from issuer.db import RandomBytes
from issuer.errors import KeyStoreError
from openbadge.ed25519 import SIGNATURE_LENGTH
from openbadge.jose.jwk import CURVES
from openbadge.multikey import PublicKey, key_type

HASHES: Final[Mapping[str, hashes.HashAlgorithm]] = MappingProxyType(
    {"P-256": hashes.SHA256(), "P-384": hashes.SHA384(), "P-521": hashes.SHA512()}
)
"""The hash of each curve (RFC 7518 section 3.4)."""
ED25519_SECRET: Final = 32
"""Bytes of the secret from which everything else of an Ed25519 key follows (RFC 8032 section 5.1.5)."""


@dataclass(frozen=True, slots=True)
class Private:
    """A key that signs; the secret is inside what `sign` is bound to, where no `repr` shows it.

    `is_usable` tells whether the device that has the key still answers; a key of our own always is.
    """

    public_key: PublicKey
    sign: Callable[[bytes], bytes]
    is_usable: Callable[[], bool] = lambda: True


@dataclass(frozen=True, slots=True)
class Kind:
    """How a secret of the kind is drawn, given randomness and a size in bits or None, and how it is read.

    `from_secret` raises `ValueError` for bytes that are no secret of the kind.
    """

    draw: Callable[[RandomBytes, int | None], bytes]
    from_secret: Callable[[bytes], Private]


def ed25519(secret: bytes) -> Private:
    """Read a secret of 32 bytes (RFC 8032 section 5.1.5). Raises `ValueError` for another length.

    libsodium signs: the same bytes as OpenSSL in two thirds of its time (docs/decisions/0010-libsodium.md).
    """
    if len(secret) != ED25519_SECRET:
        raise ValueError("length")
    public, expanded = crypto_sign_seed_keypair(secret)

    def sign(data: bytes) -> bytes:
        return crypto_sign(data, expanded)[:SIGNATURE_LENGTH]

    return Private(PublicKey("Ed25519", public), sign)


def ecdsa(name: str, secret: bytes) -> Private:
    """Read the secret number of a key on the curve `name`, a key of `HASHES`, as long as the field.

    Its signatures are r||s, deterministic as RFC 6979 says. Raises `ValueError` for another length, and for a number
    that is not below the order of the curve.
    """
    curve, size = CURVES[name], (CURVES[name].key_size + 7) // 8
    if len(secret) != size:
        raise ValueError("length")
    key = ec.derive_private_key(int.from_bytes(secret, "big"), curve)
    algorithm = ec.ECDSA(HASHES[name], deterministic_signing=True)

    def sign(data: bytes) -> bytes:
        r, s = decode_dss_signature(key.sign(data, algorithm))
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    return Private(PublicKey(name, key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)), sign)


def _random_secret(length: int) -> Callable[[RandomBytes, int | None], bytes]:
    def draw(random_bytes: RandomBytes, bits: int | None) -> bytes:
        if bits is not None:
            raise KeyStoreError("Only RSA keys come in several sizes. Leave the number of bits out.")
        return random_bytes(length)

    return draw


def _draw_rsa(_random_bytes: RandomBytes, bits: int | None) -> bytes:
    return keys_rsa.make(keys_rsa.DEFAULT_BITS if bits is None else bits)


KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "Ed25519": Kind(_random_secret(ED25519_SECRET), ed25519),
        "P-256": Kind(_random_secret(32), lambda secret: ecdsa("P-256", secret)),
        "P-384": Kind(_random_secret(48), lambda secret: ecdsa("P-384", secret)),
        "RSA": Kind(_draw_rsa, lambda secret: Private(*keys_rsa.read(secret))),
    }
)
"""The one table, by key of `openbadge.multikey.KEY_TYPES`."""
TOKEN_ALGORITHMS: Final[Mapping[str, str]] = MappingProxyType({key_type(name).jose_algorithm: name for name in KINDS})
"""The kinds by the name of their signature in a token's header: EdDSA, ES256, ES384, RS256."""
DEFAULT_KIND: Final = "Ed25519"
"""What the embedded proof of a credential is made with (`issuer.make.CRYPTOSUITE`)."""


def fresh(name: str, random_bytes: RandomBytes, bits: int | None = None) -> tuple[bytes, Private]:
    """Return a new secret of a kind, and the key that it is; `bits` is the size of an RSA key, None its default.

    Draws until a secret is a key: one in 2^32 lies beyond the order of P-256 (FIPS 186-5 appendix A.2.2). Raises
    `KeyStoreError` for an unknown kind, or a size that it does not have.
    """
    chosen = kind(name)
    while True:
        secret = chosen.draw(random_bytes, bits)
        try:
            return secret, chosen.from_secret(secret)
        except ValueError:
            continue


def kind(name: str) -> Kind:
    """Look a kind up. Raises `KeyStoreError` for one that is not in the table."""
    found = KINDS.get(name)
    if found is None:
        raise KeyStoreError(f"There are no keys of the kind “{name}”; use one of {', '.join(KINDS)}.")
    return found
