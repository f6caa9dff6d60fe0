"""N-Quads in the canonical form of RDF Dataset Canonicalization 1.0, section 5 "Canonical form of N-Quads".

A term is kept as its serialised text: `<iri>`, `_:label`, or `"escaped"` with `^^<datatype>` or `@tag` behind it. A
quad is four such texts, the graph being the empty text for the default graph. So canonicalising never parses twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from openbadge.errors import InvalidError

Quad = tuple[str, str, str, str]
"""Subject, predicate, object, graph as serialised terms; the graph is '' for the default graph."""

XSD_STRING = "http://www.w3.org/2001/XMLSchema#string"
RDF_LANG_STRING = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"

_ESCAPES = {code: f"\\u{code:04X}" for code in (*range(0x20), 0x7F)} | {
    ord("\b"): "\\b", ord("\t"): "\\t", ord("\n"): "\\n", ord("\f"): "\\f", ord("\r"): "\\r",
    ord('"'): '\\"', ord("\\"): "\\\\",
}  # fmt: skip
_NEEDS_ESCAPE = re.compile(r'[\x00-\x1f\x7f"\\]')
_UNESCAPES = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
_UNESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)

_NOT_IN_IRI = re.compile(r'[\x00-\x20<>"{}|^`\\]')
_IRI = r"<([^\x00-\x20<>\"{}|^`]*)>"
_LABEL = r"_:[0-9A-Za-z_\u00b7-\U000effff](?:[0-9A-Za-z_.\-\u00b7-\U000effff]*[0-9A-Za-z_\-\u00b7-\U000effff])?"
_LITERAL = rf'"((?:[^"\\\n\r]|\\.)*)"(?:\^\^{_IRI}|@([A-Za-z]+(?:-[A-Za-z0-9]+)*))?'
_LINE = re.compile(
    rf"[ \t]*(?:{_IRI}|({_LABEL}))[ \t]*{_IRI}[ \t]*(?:{_IRI}|({_LABEL})|{_LITERAL})"
    rf"[ \t]*(?:{_IRI}|({_LABEL}))?[ \t]*\.[ \t]*(?:#.*)?"
)


def escape(text: str) -> str:
    """Escape a literal's text: the named escapes, and `\\uXXXX` for the other control characters and DEL."""
    return text.translate(_ESCAPES) if _NEEDS_ESCAPE.search(text) else text


def iri(value: str) -> str:
    """Serialise an absolute IRI; the caller has checked its form."""
    return f"<{value}>"


def literal(text: str, datatype: str = XSD_STRING, language: str | None = None) -> str:
    """Serialise a literal; `xsd:string` is left out, and a language tag stands instead of `rdf:langString`."""
    quoted = f'"{escape(text)}"'
    if language is not None:
        return f"{quoted}@{language}"
    return quoted if datatype == XSD_STRING else f"{quoted}^^<{datatype}>"


def line(quad: Quad) -> str:
    """Serialise one quad, newline included."""
    subject, predicate, obj, graph = quad
    return f"{subject} {predicate} {obj} {graph} .\n" if graph else f"{subject} {predicate} {obj} .\n"


def serialize(quads: Iterable[Quad]) -> str:
    """Serialise a dataset: equal quads once, lines in code point order."""
    return "".join(sorted({line(quad) for quad in quads}))


def parse(text: str) -> list[Quad]:
    """Parse N-Quads 1.1 and return quads with terms in canonical form.

    Raises `InvalidError` PARSING_ERROR naming the line that is not a statement.
    """
    quads = []
    for number, row in enumerate(re.split(r"[\r\n]+", text), start=1):
        if not row.strip(" \t") or row.lstrip(" \t").startswith("#"):
            continue
        match = _LINE.fullmatch(row)
        if match is None:
            raise InvalidError("PARSING_ERROR", f"Line {number} is not an N-Quads statement.")
        quads.append(_quad(match))
    return quads


def _quad(match: re.Match[str]) -> Quad:
    s_iri, s_label, predicate, o_iri, o_label, text, datatype, language, g_iri, g_label = match.groups()
    if text is not None:
        kind = _iri(datatype)[1:-1] if datatype is not None else XSD_STRING
        obj = literal(_unescape(text), kind, language)
    else:
        obj = _node(o_iri, o_label)
    graph = "" if g_iri is None and g_label is None else _node(g_iri, g_label)
    return _node(s_iri, s_label), _iri(predicate), obj, graph


def _node(value: str | None, label: str | None) -> str:
    return _iri(value) if value is not None else str(label)


def _iri(text: str) -> str:
    value = _unescape(text)
    if _NOT_IN_IRI.search(value):
        raise InvalidError("PARSING_ERROR", f"<{text[:100]}> holds a character that an IRI may not have.")
    return iri(value)


def _unescape(text: str) -> str:
    return _UNESCAPE.sub(_character, text) if "\\" in text else text


def _character(match: re.Match[str]) -> str:
    short, long, named = match.groups()
    if named is not None:
        if named not in _UNESCAPES:
            raise InvalidError("PARSING_ERROR", f"\\{named} is not an escape of N-Quads.")
        return _UNESCAPES[named]
    code = int(short or long, 16)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise InvalidError("PARSING_ERROR", f"\\{'u' if short else 'U'}{short or long} is not a character.")
    return chr(code)
