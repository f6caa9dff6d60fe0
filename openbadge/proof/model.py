"""What all cryptosuites share: the shape of a suite and of a signer, and the family that signs two hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol

from openbadge import multibase
from openbadge.canon import Loader
from openbadge.errors import InvalidError
from openbadge.multikey import PublicKey
from openbadge.vocabulary import DATA_INTEGRITY_PROOF

Document = Mapping[str, Any]

HASHES: Final[Mapping[str, str]] = {"Ed25519": "sha256", "P-256": "sha256", "P-384": "sha384"}
"""Hash by key type: VC Data Integrity EdDSA 1.0 section 3.2.4, ECDSA 1.0 section 3.2.4 (P-384 takes SHA-384)."""


class Canonical(NamedTuple):
    """What the algorithm "Transformation" gives, in UTF-8, for a proof configuration and for an unsecured document."""

    config: bytes
    document: bytes

    def hashed(self, hash_name: str) -> bytes:
        """Return what a suite of two hashes signs: the hash of the configuration, then that of the document."""
        return b"".join(hashlib.new(hash_name, part).digest() for part in self)


Hashed = Callable[[Document, str], bytes]
"""Takes a proof of a document and the name of a hash algorithm, returns what a suite of two hashes signs."""


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


class Cryptosuite(Protocol):
    """A Data Integrity cryptosuite (VC Data Integrity 1.0 section 3 "Cryptographic Suites").

    `unsecured` is the document without the proofs that the suite does not sign, `config` the proof without its value.
    `signs_context` says that the proof keeps the `@context` of its document (JCS suites, section 3.3.1 of both).
    """

    @property
    def name(self) -> str:
        """The name that policies and reports use: `cryptosuite`, or the type of a proof that has none."""

    @property
    def proof_type(self) -> str:
        """The `type` of the suite's proofs."""

    @property
    def key_types(self) -> frozenset[str]:
        """Keys of `openbadge.multikey.KEY_TYPES` that the suite may be used with."""

    @property
    def signs_context(self) -> bool:
        """Whether the proof carries the `@context`."""

    def create(self, unsecured: Document, config: Document, signer: Signer, load: Loader) -> str:
        """Return a proof value. Raises `InvalidError` PROOF_GENERATION_ERROR if the suite is only verified."""

    def verify(self, unsecured: Document, config: Document, value: str, key: PublicKey, load: Loader) -> None:
        """Accept a proof value, or raise `InvalidError`."""


@dataclass(frozen=True, slots=True)
class HashSuite:
    """The family of suites that sign the hash of the proof configuration, then that of the document.

    `transform(document, hash name, loader)` returns canonical bytes (the algorithm "Transformation"), `of_rdf` says
    that they are canonical N-Quads.
    """

    name: str
    key_types: frozenset[str]
    transform: Callable[[Document, str, Loader], bytes]
    signs_context: bool = False
    proof_type: str = DATA_INTEGRITY_PROOF
    issues: bool = True
    of_rdf: bool = False

    def hash_data(self, unsecured: Document, config: Document, key_type: str, load: Loader) -> bytes:
        """Return the 64 (P-384: 96) bytes that are signed: the algorithms "Transformation" and "Hashing".

        Raises what `transform` raises, and `InvalidError` PROOF_VERIFICATION_ERROR for a key type that does not fit.
        """
        check_key(self, key_type)
        name = HASHES[key_type]
        return Canonical(*(self.transform(part, name, load) for part in (config, unsecured))).hashed(name)

    def create(self, unsecured: Document, config: Document, signer: Signer, load: Loader) -> str:
        """Return the proof value: base58btc of the signature over `hash_data`."""
        if not self.issues:
            raise InvalidError("PROOF_GENERATION_ERROR", f"{self.name} is verified, but no longer issued.")
        return multibase.encode_base58btc(signer.sign(self.hash_data(unsecured, config, signer.algorithm, load)))

    def verify(self, unsecured: Document, config: Document, value: str, key: PublicKey, load: Loader) -> None:
        """Accept a signature; PROOF_VERIFICATION_ERROR for its form, CRYPTOGRAPHIC_SECURITY_ERROR for its content."""
        signature = decode_value(value, "z")
        key.verify(signature, self.hash_data(unsecured, config, key.algorithm, load))

    def verify_hashed(self, hashed: Hashed, proof: Document, key: PublicKey) -> None:
        """Accept a signature over what `hashed` gives, for which the caller answers; otherwise as `verify`."""
        check_key(self, key.algorithm)
        key.verify(decode_value(proof["proofValue"], "z"), hashed(proof, HASHES[key.algorithm]))


def check_key(suite: Cryptosuite, key_type: str) -> None:
    """Accept a key type of the suite, or raise `InvalidError` PROOF_VERIFICATION_ERROR."""
    if key_type not in suite.key_types:
        raise InvalidError("PROOF_VERIFICATION_ERROR", f"A key of type {key_type} cannot be used with {suite.name}.")


def decode_value(value: str, prefix: str) -> bytes:
    """Return the bytes of a Multibase proof value that must begin with `prefix` (`z` or `u`).

    Raises `InvalidError` PROOF_VERIFICATION_ERROR.
    """
    if not value.startswith(prefix):
        raise InvalidError("PROOF_VERIFICATION_ERROR", f"The proof value does not begin with {prefix}, as it must.")
    try:
        return multibase.decode_multibase(value)
    except InvalidError as error:
        raise InvalidError("PROOF_VERIFICATION_ERROR", f"The proof value cannot be read: {error.detail}") from error
