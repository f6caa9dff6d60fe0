"""The cryptosuite eddsa-jcs-2022 signs the JSON text of a document.

VC Data Integrity EdDSA Cryptosuites 1.0, section 3.3.
"""

from __future__ import annotations

from openbadge import jcs
from openbadge.proof.model import Cryptosuite, Document

NAME = "eddsa-jcs-2022"


def transform(document: Document, _hash_name: str) -> bytes:
    """Return the canonical JSON (RFC 8785). Raises what `jcs.canonicalize` raises."""
    return jcs.canonicalize(dict(document))


SUITE = Cryptosuite(NAME, frozenset({"Ed25519"}), transform, signs_context=True)
