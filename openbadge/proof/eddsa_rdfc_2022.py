"""The cryptosuite eddsa-rdfc-2022: VC Data Integrity EdDSA Cryptosuites 1.0, section 3.2."""

from __future__ import annotations

import hashlib

from openbadge import canon
from openbadge.proof.model import Cryptosuite, Document

NAME = "eddsa-rdfc-2022"


def hash_data(unsecured: Document, proof_config: Document, _key_type: str) -> bytes:
    """Return SHA-256 of the canonical proof configuration and of the canonical document: 64 bytes.

    Sections 3.2.3 "Transformation", 3.2.4 "Hashing", 3.2.5 "Proof Configuration". Raises what `canon.canonical` does.
    """
    proof_hash = hashlib.sha256(canon.canonical(proof_config)).digest()
    return proof_hash + hashlib.sha256(canon.canonical(unsecured)).digest()


SUITE = Cryptosuite(NAME, frozenset({"Ed25519"}), hash_data)
