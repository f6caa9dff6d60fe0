"""The cryptosuite eddsa-rdfc-2022 signs the RDF of a document.

VC Data Integrity EdDSA Cryptosuites 1.0, section 3.2.
"""

from __future__ import annotations

from openbadge.proof.expanded import transform
from openbadge.proof.model import HashSuite

SUITE = HashSuite("eddsa-rdfc-2022", frozenset({"Ed25519"}), transform, of_rdf=True)
