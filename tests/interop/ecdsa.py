"""ECDSA key pairs that are the same in every run, and sign the same way in every run (RFC 6979)."""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from openbadge import multibase
from openbadge.multikey import PublicKey

_CURVES: Final[dict[str, tuple[ec.EllipticCurve, HashAlgorithm, int, int]]] = {
    "P-256": (ec.SECP256R1(), SHA256(), 32, 0x1306),
    "P-384": (ec.SECP384R1(), SHA384(), 48, 0x1307),
}
"""Curve, hash, bytes of a number, and the Multicodec of the private key ("p256-priv", "p384-priv")."""


class EcdsaKey:
    """A key pair of P-256 or P-384, made from a small number."""

    def __init__(self, algorithm: str, seed: int) -> None:
        curve, self._hash, self._size, self._multicodec = _CURVES[algorithm]
        self.algorithm = algorithm
        self._private = ec.derive_private_key(int.from_bytes(bytes([seed]) * (self._size - 1), "big"), curve)

    @property
    def public(self) -> PublicKey:
        point = self._private.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        return PublicKey(self.algorithm, point)

    def sign(self, data: bytes) -> bytes:
        numbers = decode_dss_signature(self._private.sign(data, ec.ECDSA(self._hash, deterministic_signing=True)))
        return b"".join(number.to_bytes(self._size, "big") for number in numbers)

    @property
    def secret_multibase(self) -> str:
        secret = self._private.private_numbers().private_value.to_bytes(self._size, "big")
        return multibase.encode_base58btc(multibase.with_multicodec(self._multicodec, secret))

    @property
    def private_pem(self) -> bytes:
        return self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
