"""Blank node labels: canonical ones replaced by keyed hashes, so that they do not tell what is hidden.

VC Data Integrity ECDSA Cryptosuites 1.0, sections 3.4.1 to 3.4.4.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import Final

from openbadge import rdfc
from openbadge.errors import InvalidError
from openbadge.multibase import encode_base64url
from openbadge.nquads import Quad, line

DIGEST_BYTES: Final = 32
"""Length of HMAC-SHA-256, of its key (RFC 2104 section 3), and so of a label."""


def hmac_label(canonical: str, key: bytes) -> str:
    """Return the label that stands for a canonical one (`c14n0`) under a 32-byte key: `u` and base64url of its HMAC."""
    return encode_base64url(hmac.digest(key, canonical.encode("ascii"), hashlib.sha256))


def labelled(quads: Iterable[Quad], by_canonical: Mapping[str, str]) -> list[str]:
    """Return the sorted lines of a dataset, with blank nodes labelled by their canonical labels (`c14n0`).

    Section 3.4.2 "labelReplacementCanonicalizeJsonLd". Raises `InvalidError` PROOF_VERIFICATION_ERROR unless
    `by_canonical` has exactly the canonical labels of the dataset, LIMIT_EXCEEDED as `rdfc.canonicalize`.
    """
    found = list(quads)
    issued = rdfc.canonicalize(found).labels
    if set(issued.values()) != by_canonical.keys():
        raise InvalidError("PROOF_VERIFICATION_ERROR", "The proof names other objects than the document has.")
    return relabelled(found, {node: by_canonical[label] for node, label in issued.items()})


def relabelled(quads: Iterable[Quad], labels: Mapping[str, str]) -> list[str]:
    """Return the sorted lines of a dataset with new labels; `labels` has all of its own, both without `_:`."""
    new = {f"_:{old}": f"_:{label}" for old, label in labels.items()}
    return sorted({line((new.get(s, s), p, new.get(o, o), new.get(g, g))) for s, p, o, g in quads})
