"""From expanded JSON-LD to statements, in one pass: JSON-LD 1.1 Processing Algorithms and API, section 8.

pyld first gathers all values of a node and compares each new one with all before it, so ten thousand tags cost it
minutes. Statements are a set anyway: they are written down as they come, and equal ones fall together later.

What comes in must be the result of `canon.expand`: there all identifiers are absolute and nothing was lost.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Final

from openbadge import jcs, nquads
from openbadge.errors import InvalidError

_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XSD: Final = "http://www.w3.org/2001/XMLSchema#"
_TYPE, _FIRST, _REST, _NIL = (nquads.iri(_RDF + name) for name in ("type", "first", "rest", "nil"))
_DIRECTION: Final = "https://www.w3.org/ns/i18n#"
_MAX_INTEGER: Final = 10**21
"""From here on a whole number is written with an exponent (section 8.6, step 10)."""


def statements(expanded: list[Any]) -> list[nquads.Quad]:
    """Return the statements of an expanded document; a node without id gets the label `_:b0`, `_:b1` …

    Raises `InvalidError` DATA_LOSS_DETECTION_ERROR for a value that stands where only nodes can make a statement.
    """
    writer = _Writer()
    for item in expanded:
        writer.node(item, "")
    return writer.quads


class _Writer:
    def __init__(self) -> None:
        self.quads: list[nquads.Quad] = []
        self._labels = 0

    def node(self, item: Any, graph: str) -> str:
        """Write down all that a node object says; return its term."""
        if not isinstance(item, dict) or "@value" in item or "@list" in item:
            raise InvalidError("DATA_LOSS_DETECTION_ERROR", "The document holds a value that belongs to nothing.")
        term = nquads.iri(item["@id"]) if "@id" in item else self._label()
        for name, value in item.items():
            if name == "@type":
                self.quads.extend((term, _TYPE, nquads.iri(kind), graph) for kind in value)
            elif name.startswith("@"):
                self._keyword(term, name, value, graph)
            else:
                self.quads.extend((term, nquads.iri(name), self._object(part, graph), graph) for part in value)
        return term

    def _keyword(self, term: str, name: str, value: Any, graph: str) -> None:
        if name == "@graph":
            for part in value:
                self.node(part, term)
        elif name == "@included":
            for part in value:
                self.node(part, graph)
        elif name == "@reverse":
            for predicate, parts in value.items():
                self.quads.extend((self.node(part, graph), nquads.iri(predicate), term, graph) for part in parts)

    def _object(self, item: Any, graph: str) -> str:
        if "@value" in item:
            return literal(item)
        if "@list" in item:
            return self._list(item["@list"], graph)
        return self.node(item, graph)

    def _list(self, items: list[Any], graph: str) -> str:
        rest = _NIL
        for item in reversed(items):
            head = self._label()
            self.quads += [(head, _FIRST, self._object(item, graph), graph), (head, _REST, rest, graph)]
            rest = head
        return rest

    def _label(self) -> str:
        self._labels += 1
        return f"_:b{self._labels - 1}"


def literal(item: Mapping[str, Any]) -> str:
    """Return the literal of a value object (section 8.5 "Object to RDF Conversion"), text direction included."""
    value, datatype = item["@value"], item.get("@type")
    if datatype == "@json":
        return nquads.literal(jcs.canonicalize(value).decode("utf-8"), _RDF + "JSON")
    if "@direction" in item:
        return nquads.literal(value, f"{_DIRECTION}{item.get('@language', '')}_{item['@direction']}")
    if "@language" in item:
        return nquads.literal(value, language=item["@language"])
    if isinstance(value, bool):
        return nquads.literal("true" if value else "false", datatype or _XSD + "boolean")
    if isinstance(value, int | float):
        return _number(value, datatype)
    return nquads.literal(value, datatype or nquads.XSD_STRING)


def _number(value: float, datatype: str | None) -> str:
    """Write a number: a whole one as an integer, any other with 16 significant digits and an exponent."""
    if not math.isfinite(value):
        raise InvalidError("MALFORMED_VALUE_ERROR", "A number is infinite or no number at all.")
    if value == int(value) and abs(value) < _MAX_INTEGER and datatype != _XSD + "double":
        return nquads.literal(str(int(value)), datatype or _XSD + "integer")
    text = re.sub(r"(\d)0*E\+?(-)?0*(\d)", r"\1E\2\3", f"{value:1.15E}")
    return nquads.literal(text, datatype or _XSD + "double")
