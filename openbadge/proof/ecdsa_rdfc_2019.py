"""The cryptosuite ecdsa-rdfc-2019 signs the RDF of a document.

VC Data Integrity ECDSA Cryptosuites 1.0, section 3.2.
"""

from __future__ import annotations

from openbadge import canon
from openbadge.proof.model import Cryptosuite, Document

NAME = "ecdsa-rdfc-2019"


def transform(document: Document, hash_name: str) -> bytes:
    """Return the canonical N-Quads (RDFC-1.0) as UTF-8. Raises what `canon.canonical` raises."""
    return canon.canonical(document, hash_name=hash_name)


SUITE = Cryptosuite(NAME, frozenset({"P-256", "P-384"}), transform)
