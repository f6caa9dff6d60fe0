"""Names for objects without id, so that the same object has the same name in every part of its document.

VC Data Integrity ECDSA Cryptosuites 1.0, sections 3.4.5 "skolemizeNQuads" to 3.4.9 "toDeskolemizedNQuads". Two things
the specification leaves open are settled here: items of ordered lists and the graphs of embedded proofs get names, too
(from their place, since compact JSON-LD has none for them), and arrays of one item stay arrays, so that a pointer means
the same before and after.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any, Final

from openbadge import canon
from openbadge.errors import InvalidError
from openbadge.nquads import Quad
from openbadge.rdfc import is_blank

URN: Final = "urn:bnid:"
"""The scheme of the names; it never leaves this package, and documents that use it themselves are refused."""


def skolemize(document: Mapping[str, Any], load: canon.Loader) -> dict[str, Any]:
    """Return the document with an id for every object that had none (section 3.4.8 "skolemizeCompactJsonLd").

    Raises `InvalidError` as `canon.expand`, and MALFORMED_VALUE_ERROR for a document that uses the scheme `URN`.
    """
    named = _named(canon.expand(document, load=load), count())
    compact = canon.compact(named, document.get("@context", {}), load=load)
    return dict(_like(document, compact))


def quads(skolemized: Mapping[str, Any], load: canon.Loader) -> list[Quad]:
    """Return the statements of a skolemized document or a part of it, with blank nodes again.

    Their labels are the same in every part of the same document. Raises as `canon.expand`.
    """
    found = canon.quads(skolemized, load=load)
    names = _places(found)
    return [(_blank(s, names), p, _blank(o, names), _blank(g, names)) for s, p, o, g in found]


def _blank(term: str, names: Mapping[str, str]) -> str:
    return "_:" + term[len(URN) + 1 : -1] if term.startswith(f"<{URN}") else names.get(term, term)


def _named(value: Any, numbers: Iterator[int]) -> Any:
    if isinstance(value, list):
        return [_named(item, numbers) for item in value]
    if not isinstance(value, dict) or "@value" in value:
        return value
    node = {name: _member(name, item, numbers) for name, item in value.items()}
    if not node.keys() & {"@id", "@list", "@set"} and not node.keys() <= {"@graph"}:
        node["@id"] = f"{URN}n{next(numbers)}"
    return node


def _member(name: str, value: Any, numbers: Iterator[int]) -> Any:
    if name in ("@id", "@type"):
        if any(item.startswith(URN) for item in (value if isinstance(value, list) else [value])):
            raise InvalidError("MALFORMED_VALUE_ERROR", f"Names of the scheme {URN} cannot be selectively disclosed.")
        return value
    if name == "@reverse":
        return {inverse: _named(items, numbers) for inverse, items in value.items()}
    return _named(value, numbers)


def _like(original: Any, compact: Any) -> Any:
    """Give arrays of one item the form they have in the original: compaction decides that by itself."""
    if isinstance(original, list) and not isinstance(compact, list):
        return [_like(original[0], compact)] if len(original) == 1 else compact
    if isinstance(compact, list) and not isinstance(original, list):
        return _like(original, compact[0]) if len(compact) == 1 else compact
    if isinstance(original, list) and len(original) == len(compact):
        return [_like(*pair) for pair in zip(original, compact, strict=True)]
    if isinstance(original, Mapping) and isinstance(compact, Mapping):
        return {name: _like(original[name], item) if name in original else item for name, item in compact.items()}
    return compact


def _places(found: list[Quad]) -> dict[str, str]:
    """Name the blank nodes that are left, items of lists and graphs, by the statements that lead to them.

    A graph is also named by what it holds, as there may be more than one (a credential with two proofs).
    """
    parents = {quad[2]: (quad[0], quad[1]) for quad in found if is_blank(quad[2])}
    held: dict[str, str] = {}
    for subject, _, _, graph in found:
        if is_blank(graph) and not is_blank(subject):
            held[graph] = min(subject, held.get(graph, subject))
    names: dict[str, str] = {}
    for node in parents:
        way = []
        while node in parents and node not in names:
            way.append(node)
            node = parents[node][0]
        for item in reversed(way):
            parent, predicate = parents[item]
            place = f"{names.get(parent, parent)} {predicate} {held.get(item, '')}"
            names[item] = "_:l" + hashlib.sha256(place.encode("utf-8", "surrogatepass")).hexdigest()
    if len(set(names.values())) != len(names):
        raise InvalidError("MALFORMED_VALUE_ERROR", "Two ordered lists in one member cannot be selectively disclosed.")
    return names
