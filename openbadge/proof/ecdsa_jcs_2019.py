"""The cryptosuite ecdsa-jcs-2019 signs the JSON text of a document.

VC Data Integrity ECDSA Cryptosuites 1.0, section 3.3.
"""

from __future__ import annotations

from openbadge import jcs
from openbadge.canon import Loader
from openbadge.proof.model import Document, HashSuite


def transform(document: Document, _hash_name: str, _load: Loader) -> bytes:
    """Return the canonical JSON (RFC 8785). Raises what `jcs.canonicalize` raises."""
    return jcs.canonicalize(dict(document))


SUITE = HashSuite("ecdsa-jcs-2019", frozenset({"P-256", "P-384"}), transform, signs_context=True)
