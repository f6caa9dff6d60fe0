"""Compiling a document into a `Shape`: expand it once with markers in its slots, and keep what never changes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from openbadge import canon
from openbadge.nquads import Quad
from openbadge.shape import IRI, TEXT, Shape, Statement
from openbadge.shape_parts import ShapeError, assemble

SCHEMES: Final = ("https://", "http://", "urn:", "did:", "mailto:")
"""Beginnings of the addresses that a slot may take; the shape must come out the same for each, so that no prefix
of a vocabulary can rewrite a value."""

_ADDRESS: Final = r"([a-z]+:(?://)?)x-microcred-slot-([0-9]+)-end"
_MARKED_ADDRESS: Final = re.compile(f"<{_ADDRESS}>")
_MARKED_LITERAL: Final = re.compile(rf'"(?:\ue000([0-9]+)\ue001|{_ADDRESS})("(?:\^\^<[^>]*>|@[A-Za-z0-9-]+)?)')


def marked(number: int, kind: str, scheme: str = SCHEMES[0]) -> str:
    """Return what stands for slot `number` while a shape is expanded."""
    return f"\ue000{number}\ue001" if kind == TEXT else f"{scheme}x-microcred-slot-{number}-end"


def build(documents: Sequence[Mapping[str, Any]], kinds: Sequence[str]) -> Shape:
    """Compile a document.

    `documents` is the document with `marked` slots, once for each of `SCHEMES`; `kinds` gives the kind of each slot.
    Raises `ShapeError` when a slot is not a whole literal or address, is not what its kind says, or reaches no
    statement; when a statement is in a named graph, or two blank nodes cannot be told apart. Raises `InvalidError`
    for a document that loses data: a member that no vocabulary defines, an address that is not complete.
    """
    variants = [
        frozenset(_statement(quad, scheme) for quad in canon.quads(document))
        for document, scheme in zip(documents, SCHEMES, strict=True)
    ]
    if any(_anonymous(variant) != _anonymous(variants[0]) for variant in variants):
        raise ShapeError("addresses of different schemes make different statements")
    statements = sorted(variants[0], key=repr)
    for statement in statements:
        _check_kinds(statement, kinds)
    seen = {part for statement in statements for part in (statement.subject, statement.object)}
    missing = sorted(set(range(len(kinds))) - seen)
    if missing:
        raise ShapeError(f"slot {missing[0]} reaches no statement, so no signature would cover it")
    blanks = sorted(part for part in seen if isinstance(part, str) and part.startswith("_:"))
    numbers = {name: len(kinds) + index for index, name in enumerate(blanks)}
    return assemble(kinds, [_numbered(statement, numbers) for statement in statements], blanks)


def _numbered(statement: Statement, numbers: Mapping[str, int]) -> Statement:
    """Name blank nodes by their number among the terms."""
    subject, obj = (numbers.get(part, part) if isinstance(part, str) else part
                    for part in (statement.subject, statement.object))  # fmt: skip
    return Statement(subject, statement.predicate, obj, statement.suffix)


def _check_kinds(statement: Statement, kinds: Sequence[str]) -> None:
    """A text must never become an address. An address may stand as text: it needs no escapes there either."""
    addresses = [statement.subject, *([statement.object] if statement.suffix == ">" else [])]
    for part in addresses:
        if isinstance(part, int) and kinds[part] != IRI:
            raise ShapeError(f"slot {part} is a text, but the vocabulary makes an address of it")


def _anonymous(statements: frozenset[Statement]) -> list[str]:
    """The statements without the names of blank nodes, for comparing two expansions of the same shape."""
    return sorted(re.sub(r"_:\w+", "_:x", repr(statement)) for statement in statements)


def _statement(quad: Quad, scheme: str) -> Statement:
    subject, predicate, obj, graph = quad
    if graph:
        raise ShapeError("a part of the document is in a graph of its own")
    if _marks(predicate):
        raise ShapeError("a slot stands in the name of a member")
    return Statement(_subject(subject, scheme), predicate, *_object(obj, scheme))


def _subject(term: str, scheme: str) -> str | int:
    if not _marks(term):
        return term
    match = _MARKED_ADDRESS.fullmatch(term)
    if match is None:
        raise ShapeError(f"a slot is only a part of the address {term}")
    return _slot(match[1], match[2], scheme)


def _object(term: str, scheme: str) -> tuple[str | int, str]:
    if not _marks(term):
        return term, ""
    if term.startswith("<"):
        return _subject(term, scheme), ">"
    if _marks(term.rpartition('"')[2]):
        raise ShapeError(f"a slot stands in the datatype or language of the text {term}")
    match = _MARKED_LITERAL.fullmatch(term)
    if match is None:
        raise ShapeError(f"a slot is only a part of the text {term}")
    return int(match[1]) if match[1] else _slot(match[2], match[3], scheme), match[4]


def _slot(found: str, number: str, scheme: str) -> int:
    """Return the number of a marked address, which must have come through with the scheme that it was given."""
    if found != scheme:
        raise ShapeError(f"a vocabulary turns addresses that begin with {scheme} into others that begin with {found}")
    return int(number)


def _marks(term: str) -> bool:
    return "\ue000" in term or "x-microcred-slot-" in term


__all__ = ["SCHEMES", "ShapeError", "build", "marked"]
