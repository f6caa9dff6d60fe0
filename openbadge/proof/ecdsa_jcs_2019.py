"""The cryptosuite ecdsa-jcs-2019 signs the JSON text of a document.

VC Data Integrity ECDSA Cryptosuites 1.0, section 3.3.
"""

from __future__ import annotations

from openbadge import jcs
from openbadge.proof.model import Cryptosuite, Document

NAME = "ecdsa-jcs-2019"


def transform(document: Document, _hash_name: str) -> bytes:
    """Return the canonical JSON (RFC 8785). Raises what `jcs.canonicalize` raises."""
    return jcs.canonicalize(dict(document))


SUITE = Cryptosuite(NAME, frozenset({"P-256", "P-384"}), transform, signs_context=True)
