"""What one credential may cost, checked before anything expensive is done with it.

JSON-LD expansion and the making of statements compare every value of a property with all its other values, so their
cost grows with the square of the longest list: 9,000 short texts in one list, 100 KB in all, cost more than a minute.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from openbadge.errors import InvalidError
from verifier.checks import keys
from verifier.material import MAX_ENDORSEMENTS, MAX_STATUSES, endorsements

COUNTS: Mapping[str, int] = MappingProxyType({"proof": keys.MAX_PROOFS, "credentialStatus": MAX_STATUSES})
"""How many of each a credential may have; more are not cut off but refused, so that none stays unseen."""
MAX_COMPARISONS: Final = 400_000
"""Pairs of values to compare: one list of 600 items, which takes about a second."""


def check_cost(document: Mapping[str, Any]) -> None:
    """Accept a document that can be canonicalised in about a second; raises `InvalidError` LIMIT_EXCEEDED."""
    for name, limit in COUNTS.items():
        value = document.get(name)
        if isinstance(value, list) and len(value) > limit:
            raise InvalidError("LIMIT_EXCEEDED", f"The credential has {len(value)} of {name}; the limit is {limit}.")
    found = len(endorsements(document))
    if found > MAX_ENDORSEMENTS:
        raise InvalidError(
            "LIMIT_EXCEEDED", f"The credential has {found} endorsements; the limit is {MAX_ENDORSEMENTS}."
        )
    if comparisons(document) > MAX_COMPARISONS:
        raise InvalidError("LIMIT_EXCEEDED", "The credential holds longer lists than can be compared in time.")


def comparisons(document: Mapping[str, Any]) -> int:
    """Return how many pairs of values expansion would compare.

    Those of each list, and those of all objects that carry the same id, since RDF joins them to one.
    """
    names: Counter[str] = Counter()
    pairs = 0
    for item in _containers(document):
        if isinstance(item, list):
            pairs += len(item) ** 2
        elif isinstance(item.get("id"), str):
            names[item["id"]] += 1
    return pairs + sum(count**2 for count in names.values())


def _containers(value: Any) -> Iterator[Any]:
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            yield item
            stack.extend(item.values())
        elif isinstance(item, list):
            yield item
            stack.extend(item)
