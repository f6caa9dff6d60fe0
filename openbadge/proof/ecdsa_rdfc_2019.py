"""The cryptosuite ecdsa-rdfc-2019 signs the RDF of a document.

VC Data Integrity ECDSA Cryptosuites 1.0, section 3.2.
"""

from __future__ import annotations

from openbadge.proof.expanded import transform
from openbadge.proof.model import HashSuite

SUITE = HashSuite("ecdsa-rdfc-2019", frozenset({"P-256", "P-384"}), transform, of_rdf=True)
