"""How many signatures, statuses and endorsements a credential may have, checked before anything is done with them.

Each costs a canonicalisation or a request. What one canonicalisation may cost is bounded where it is done, for all who
use it: `openbadge.strict_json` bounds the values, `openbadge.canon` the objects and vocabularies of a document.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from openbadge.errors import InvalidError
from verifier.checks import keys
from verifier.material import MAX_ENDORSEMENTS, MAX_STATUSES, endorsements

COUNTS: Mapping[str, int] = MappingProxyType({"proof": keys.MAX_PROOFS, "credentialStatus": MAX_STATUSES})
"""How many of each a credential may have; more are not cut off but refused, so that none stays unseen."""


def check_cost(document: Mapping[str, Any]) -> None:
    """Accept a document with few enough parts to check each; raises `InvalidError` LIMIT_EXCEEDED."""
    for name, limit in COUNTS.items():
        value = document.get(name)
        if isinstance(value, list):
            _check_count(len(value), name, limit)
    _check_count(len(endorsements(document)), "endorsement", MAX_ENDORSEMENTS)


def _check_count(count: int, name: str, limit: int) -> None:
    if count > limit:
        raise InvalidError("LIMIT_EXCEEDED", f"The credential has {count} of {name}; the limit is {limit}.")
