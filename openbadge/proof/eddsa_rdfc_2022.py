"""The cryptosuite eddsa-rdfc-2022 signs the RDF of a document.

VC Data Integrity EdDSA Cryptosuites 1.0, section 3.2.
"""

from __future__ import annotations

from openbadge import canon
from openbadge.proof.model import Document, HashSuite


def transform(document: Document, hash_name: str, load: canon.Loader) -> bytes:
    """Return the canonical N-Quads (RDFC-1.0) as UTF-8. Raises what `canon.canonical` raises."""
    return canon.canonical(document, hash_name=hash_name, load=load)


SUITE = HashSuite("eddsa-rdfc-2022", frozenset({"Ed25519"}), transform)
