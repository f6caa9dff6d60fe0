"""What all cryptosuites share: the shape of a suite and of a signer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

Document = Mapping[str, Any]


class Signer(Protocol):
    """Something that signs with one key; where the key lives is its own affair (file, HSM, KMS)."""

    @property
    def verification_method(self) -> str:
        """The full URL under which the public key is published."""

    @property
    def algorithm(self) -> str:
        """The key type: a key of `openbadge.multikey.KEY_TYPES`."""

    def sign(self, data: bytes) -> bytes:
        """Return the raw signature over `data`: 64 bytes for Ed25519, r||s for ECDSA."""


@dataclass(frozen=True, slots=True)
class Cryptosuite:
    """A Data Integrity cryptosuite: its name, the key types it takes, and its transformation and hashing.

    `hash_data(unsecured document, proof configuration, key type)` returns the bytes that are signed.
    """

    name: str
    key_types: frozenset[str]
    hash_data: Callable[[Document, Document, str], bytes]
