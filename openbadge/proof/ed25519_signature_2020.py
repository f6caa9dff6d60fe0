"""Proofs of the type Ed25519Signature2020, for badges of the past: verified, never issued.

VC Data Integrity EdDSA Cryptosuites 1.0, section 3.4 "Ed25519Signature2020": the bytes are those of eddsa-rdfc-2022,
but the type of the proof names the suite, and `created` is required.
"""

from __future__ import annotations

from openbadge.proof.expanded import transform
from openbadge.proof.model import HashSuite

NAME = "Ed25519Signature2020"
SUITE = HashSuite(NAME, frozenset({"Ed25519"}), transform, proof_type=NAME, issues=False, of_rdf=True)
