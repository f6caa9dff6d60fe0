"""What JSON-LD adds to both data models: every term has a meaning, and the members that decide stand in plain sight.

A signature over RDF covers statements, not names. Who holds a credential can write `validUntil` as its full IRI, or
say it in another object with the same id: the statements stay the same, and a reader of names sees no end date. A
badge must be in normal form; any other credential at least shows the members that decide whether it counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from openbadge import badge_words, contexts
from openbadge.canon import Loader
from openbadge.data_model.forms import values
from openbadge.data_model.model import Document, Rule
from openbadge.errors import InvalidError

_CREDENTIALS: Final = "https://www.w3.org/2018/credentials#"
DECIDING: Final = frozenset(
    "issuer issuanceDate expirationDate validFrom validUntil credentialStatus credentialSubject credentialSchema "
    "holder verifiableCredential".split()
)
"""Members that decide whether a document counts, all of them terms of both data models under their own names."""
_IRIS: Final = frozenset(_CREDENTIALS + name for name in DECIDING)


def check(document: Document, load: Loader = contexts.document) -> None:
    """Accept a document of which nothing is lost in RDF, and whose deciding members stand under their own names.

    Raises `InvalidError`: CONTEXT_NOT_ALLOWED, DATA_LOSS_DETECTION_ERROR and MALFORMED_VALUE_ERROR as `canon.expand`,
    NON_CANONICAL_FORM for a member that a reader of names would overlook.
    """
    _check_plain(document, badge_words.expand(document, load))


def _lossless(document: Document, load: Loader) -> None:
    badge_words.expand(document, load)


def _check_plain(document: Document, expanded: list[Any]) -> None:
    if len(expanded) != 1:
        raise _hidden("The document describes more than one thing at its top level.")
    top = expanded[0]
    for name in sorted(DECIDING):
        shown = len(values(document[name])) if name in document else 0
        if len(top.get(_CREDENTIALS + name, [])) > shown:
            raise _hidden(f"The member {name} is not where a reader looks for it.")
    for item in _nodes([value for key, value in top.items() if key != "@id"]):
        if "@id" in top and item.get("@id") == top["@id"] and not _IRIS.isdisjoint(item):
            raise _hidden("Another part of the document adds to it under its own id.")


def _nodes(value: Any) -> Iterator[Mapping[str, Any]]:
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, list):
            stack.extend(item)
        elif isinstance(item, dict):
            yield item
            stack.extend(item.values())


def _hidden(detail: str) -> InvalidError:
    return InvalidError("NON_CANONICAL_FORM", detail)


RULES: Final[tuple[Rule, ...]] = (
    Rule("ld-lossless", "4.5, 6.1", "Every type, term and id has a meaning that can be signed.", _lossless),
    Rule("ld-plain-names", "6.1", "The members that decide stand under their own names.", check),
)
