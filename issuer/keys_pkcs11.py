"""Keys in a hardware security module, by PKCS #11 (Cryptoki 2.40 and 3.0), through the package `python-pkcs11`.

A secret is made in the device, is marked sensitive and not extractable, and never leaves it. The key file holds the
public key, the token's label and the object's id. Ed25519 is signed by CKM_EDDSA (PKCS #11 3.0 section 2.3.14), ECDSA
by CKM_ECDSA over a hash made here, RS256 by CKM_SHA256_RSA_PKCS.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from issuer.db import RandomBytes
from issuer.errors import KeyStoreError, KeyUnreachableError
from issuer.key_files import KeyFile
from issuer.keys_kinds import Private
from issuer.keys_pkcs11_device import Device, KeyMissingError, Token, device, library
from issuer.keys_rsa import DEFAULT_BITS, EXPONENT, SIZES
from issuer.keys_vault import NewKey, Wish
from openbadge import multibase
from openbadge.errors import InvalidError
from openbadge.multikey import PublicKey

STORE: Final = "pkcs11"
"""The name of this place of secrets, in key files and for `microcred keys new --store`."""
SECONDS: Final = 5.0
"""How long the device may take for one call: a signature takes milliseconds, making an RSA key a second or two. All
writers wait meanwhile."""
ID_BYTES: Final = 16
_POINT_BYTES: Final[Mapping[str, int]] = MappingProxyType({"Ed25519": 32, "P-256": 65, "P-384": 97})
"""A public point, uncompressed where there is a choice (SEC 1 section 2.3.3, RFC 8032 section 5.1.2)."""


@dataclass(frozen=True, slots=True)
class _Mechanism:
    """How keys of a kind are made and sign: names of PKCS #11, the curve as DER of its OID, and what is signed."""

    key_type: str
    generate: str
    sign: str
    prepare: Callable[[bytes], bytes]
    curve: bytes = b""


_MECHANISMS: Final[Mapping[str, _Mechanism]] = MappingProxyType(
    {
        "Ed25519": _Mechanism(
            "EC_EDWARDS", "EC_EDWARDS_KEY_PAIR_GEN", "EDDSA", bytes, bytes.fromhex("06032b6570")
        ),
        "P-256": _Mechanism(
            "EC", "EC_KEY_PAIR_GEN", "ECDSA", lambda data: hashlib.sha256(data).digest(),
            bytes.fromhex("06082a8648ce3d030107"),
        ),
        "P-384": _Mechanism(
            "EC", "EC_KEY_PAIR_GEN", "ECDSA", lambda data: hashlib.sha384(data).digest(),
            bytes.fromhex("06052b81040022"),
        ),
        "RSA": _Mechanism("RSA", "RSA_PKCS_KEY_PAIR_GEN", "SHA256_RSA_PKCS", bytes),
    }
)  # fmt: skip


class Pkcs11Vault:
    """Keys in one token."""

    def __init__(self, token: Token, seconds: float = SECONDS) -> None:
        self._token = token
        self._device = device(token.module, seconds)

    def create(self, wish: Wish, random_bytes: RandomBytes) -> NewKey:
        """Make a key in the token, under a new id, with the name as its label."""
        mechanism = _mechanism(wish.algorithm)
        bits = wish.bits or DEFAULT_BITS
        if wish.bits is not None and (wish.algorithm != "RSA" or wish.bits not in SIZES):
            raise KeyStoreError(f"There are no {wish.algorithm} keys of {wish.bits} bits here.")
        key_id = random_bytes(ID_BYTES)
        make = _maker(mechanism, wish.name, key_id, bits)
        public_key = self._device.call(self._token, lambda session: _public_key(wish.algorithm, make(session)))
        held = {"store": STORE, "token": self._token.label, "id": key_id.hex()}
        return NewKey(public_key, lambda public: KeyFile(public, held=held))

    def open(self, file: KeyFile) -> Private:
        """Find the key in the token. Raises `KeyUnreachableError`, `PassphraseError` for the PIN, `KeyStoreError`."""
        algorithm, key_id = file.public["algorithm"], _id(file)
        if file.secret.get("token") != self._token.label:
            raise KeyStoreError(
                f"The key “{file.name}” is in the token “{file.secret.get('token')}”, and MICROCRED_PKCS11_TOKEN names "
                f"“{self._token.label}”."
            )
        mechanism = _mechanism(algorithm)
        public_key, key = self._device.call(self._token, lambda session: _find(session, algorithm, key_id, file.name))
        opened = _Opened(self._device, self._token, self._device.generation, key, mechanism)
        return Private(public_key, opened.sign, opened.is_usable)

    def reach(self) -> str:
        """Open the token; return its label and model. Raises `KeyUnreachableError`, `PassphraseError` for the PIN."""
        model = self._device.call(self._token, lambda session: str(session.token.model).strip())
        return f"{self._token.label} ({model})"


@dataclass(frozen=True, slots=True)
class _Opened:
    """A key in a session; both end when the device is opened anew."""

    device: Device
    token: Token
    generation: int
    key: Any
    mechanism: _Mechanism

    def sign(self, data: bytes) -> bytes:
        if not self.is_usable():
            raise KeyUnreachableError("The HSM was away. Nothing was signed; trying again opens it anew.")
        names = library().Mechanism
        prepared = self.mechanism.prepare(data)
        return self.device.call(
            self.token, lambda _: bytes(self.key.sign(prepared, mechanism=names[self.mechanism.sign]))
        )

    def is_usable(self) -> bool:
        return self.device.generation == self.generation and not self.device.line.hangs


def _mechanism(algorithm: str) -> _Mechanism:
    found = _MECHANISMS.get(algorithm)
    if found is None:
        raise KeyStoreError(
            f"There are no keys of the kind “{algorithm}” in an HSM; use one of {', '.join(_MECHANISMS)}."
        )
    return found


def _id(file: KeyFile) -> bytes:
    try:
        return bytes.fromhex(str(file.secret["id"]))
    except (KeyError, ValueError):
        raise KeyStoreError(f"The key file “{file.name}” is damaged; restore it from a backup.") from None


def _maker(mechanism: _Mechanism, label: str, key_id: bytes, bits: int) -> Callable[[Any], Any]:
    """Return what makes a key pair in a session and returns its public half."""
    lib = library()
    names = lib.Attribute
    common = {"mechanism": lib.Mechanism[mechanism.generate], "id": key_id, "label": label, "store": True}
    secret = {names.SENSITIVE: True, names.EXTRACTABLE: False, names.PRIVATE: True, names.SIGN: True}

    def make(session: Any) -> Any:
        if mechanism.curve:
            parameters = {names.EC_PARAMS: mechanism.curve}
            domain = session.create_domain_parameters(lib.KeyType[mechanism.key_type], parameters, local=True)
            public, private = domain.generate_keypair(private_template=secret, **common)
        else:
            exponent = EXPONENT.to_bytes(3, "big")
            public, private = session.generate_keypair(
                lib.KeyType.RSA,
                bits,
                public_template={names.PUBLIC_EXPONENT: exponent},
                private_template=secret,
                **common,
            )
        if private[names.EXTRACTABLE] or not private[names.SENSITIVE]:
            raise KeyStoreError("The HSM made a key that could be taken out of it. It is not used; remove it there.")
        return public

    return make


def _find(session: Any, algorithm: str, key_id: bytes, name: str) -> tuple[PublicKey, Any]:
    lib = library()
    classes = (lib.ObjectClass.PUBLIC_KEY, lib.ObjectClass.PRIVATE_KEY)
    found = [list(session.get_objects({lib.Attribute.CLASS: kind, lib.Attribute.ID: key_id})) for kind in classes]
    if [len(objects) for objects in found] != [1, 1]:
        raise KeyMissingError(f"The key “{name}” is not in the token, or not once: its id is {key_id.hex()}.")
    (public,), (private,) = found
    return _public_key(algorithm, public), private


def _public_key(algorithm: str, public: Any) -> PublicKey:
    names = library().Attribute
    try:
        if algorithm == "RSA":
            numbers = {"n": public[names.MODULUS], "e": public[names.PUBLIC_EXPONENT]}
            members = {name: multibase.base64url_encode(value.lstrip(b"\0")) for name, value in numbers.items()}
            return PublicKey.from_jwk({"kty": "RSA", "alg": "RS256", **members})
        return PublicKey(algorithm, _point(algorithm, public[names.EC_POINT]))
    except InvalidError:
        raise KeyStoreError("The HSM gives a public key that cannot be read.") from None


def _point(algorithm: str, encoded: bytes) -> bytes:
    """Return a point as `PublicKey.raw` wants it, compressed for ECDSA.

    PKCS #11 wraps it into a DER OCTET STRING, which not every device does; below 128 bytes its length is one byte.
    """
    size = _POINT_BYTES[algorithm]
    raw = encoded.removeprefix(bytes((4, size))) if len(encoded) == size + 2 else encoded
    if len(raw) != size:
        raise KeyStoreError("The HSM gives a public key of another length than its kind has.")
    if algorithm == "Ed25519":
        return raw
    return bytes((2 + raw[-1] % 2,)) + raw[1 : 1 + size // 2]
