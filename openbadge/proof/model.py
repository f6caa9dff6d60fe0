"""What all cryptosuites share: the shape of a suite and of a signer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from openbadge.errors import InvalidError

Document = Mapping[str, Any]

HASHES: Final[Mapping[str, str]] = {"Ed25519": "sha256", "P-256": "sha256", "P-384": "sha384"}
"""Hash by key type: VC Data Integrity EdDSA 1.0 section 3.2.4, ECDSA 1.0 section 3.2.4 (P-384 takes SHA-384)."""


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
    """A Data Integrity cryptosuite of the family that signs two hashes.

    `transform(document, hash name)` returns canonical bytes (the algorithm "Transformation"). A suite that
    `signs_context` keeps the document's `@context` in its proof (JCS suites, section 3.3.1).
    """

    name: str
    key_types: frozenset[str]
    transform: Callable[[Document, str], bytes]
    signs_context: bool = False

    def hash_data(self, unsecured: Document, proof_config: Document, key_type: str) -> bytes:
        """Return the hash of the canonical proof configuration, then that of the canonical document.

        The algorithms "Transformation", "Hashing" and "Proof Configuration". Raises what `transform` raises, and
        `InvalidError` PROOF_VERIFICATION_ERROR for a key type that is not the suite's.
        """
        self.check_key(key_type)
        name = HASHES[key_type]
        parts = (self.transform(part, name) for part in (proof_config, unsecured))
        return b"".join(hashlib.new(name, part).digest() for part in parts)

    def check_key(self, key_type: str) -> None:
        """Accept a key type of this suite, or raise `InvalidError` PROOF_VERIFICATION_ERROR."""
        if key_type not in self.key_types:
            raise InvalidError("PROOF_VERIFICATION_ERROR", f"A key of type {key_type} cannot be used with {self.name}.")
