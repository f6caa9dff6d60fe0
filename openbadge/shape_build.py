"""Compiling a document into a `Shape`: expand it once with markers in its slots, and keep what never changes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, Final

from openbadge import canon
from openbadge.nquads import Quad
from openbadge.shape import TEXT, Line, Node, Row, Shape

SCHEMES: Final = ("https://", "http://", "urn:", "did:", "mailto:")
"""Beginnings of the addresses that a slot may take; the shape must come out the same for each, so that no prefix
of a vocabulary can rewrite a value."""

_ADDRESS: Final = r"[a-z]+:(?://)?x-microcred-slot-([0-9]+)-end"
_MARKED_ADDRESS: Final = re.compile(f"<{_ADDRESS}>")
_MARKED_LITERAL: Final = re.compile(rf'"(?:\ue000([0-9]+)\ue001|{_ADDRESS})("(?:\^\^<[^>]*>|@[A-Za-z0-9-]+)?)')


class ShapeError(Exception):
    """The document cannot be compiled; the sentence says which slot or node is in the way."""


def marked(number: int, kind: str, scheme: str = SCHEMES[0]) -> str:
    """Return what stands for slot `number` while a shape is expanded."""
    return f"\ue000{number}\ue001" if kind == TEXT else f"{scheme}x-microcred-slot-{number}-end"


def build(documents: Sequence[Mapping[str, Any]], kinds: Sequence[str]) -> Shape:
    """Compile a document.

    `documents` is the document with `marked` slots, once for each of `SCHEMES`; `kinds` gives the kind of each slot.
    Raises `ShapeError` when a slot is not a whole literal or address, a statement is in a named graph, or two blank
    nodes cannot be told apart; `InvalidError` for a document that loses data.
    """
    variants = [frozenset(map(_line, canon.quads(document))) for document in documents]
    if any(_anonymous(variant) != _anonymous(variants[0]) for variant in variants):
        raise ShapeError("a vocabulary rewrites an address of one scheme")
    lines = variants[0]
    seen = {slot for line in lines for slot in line.slots()}
    missing = sorted(set(range(len(kinds))) - seen)
    if missing:
        raise ShapeError(f"slot {missing[0]} reaches no statement, so no signature would cover it")
    parts = {part for line in lines for part in (line.subject, line.object) if isinstance(part, str)}
    names = sorted(filter(_is_blank, parts))
    fixed, moving = [], []
    for name in names:
        rows = tuple(_masked(line, name) for line in lines if name in (line.subject, line.object))
        if any(isinstance(part, int) for row in rows for part in row):
            moving.append(_node(name, rows))
        else:
            text = "".join(sorted("".join(map(str, row)) for row in rows))
            fixed.append((hashlib.sha256(text.encode()).hexdigest(), name))
    if len({digest for digest, _ in fixed}) != len(fixed):
        raise ShapeError("two parts without id say the same; give one of them an id, or leave one out")
    addresses = {f"{line.subject} " for line in lines if isinstance(line.subject, str) and not _is_blank(line.subject)}
    return Shape(
        kinds=tuple(kinds),
        lines=tuple(lines),
        hashes=tuple(digest for digest, _ in sorted(fixed)),
        names=tuple(name for _, name in sorted(fixed)),
        moving=tuple(moving),
        subjects=tuple(sorted(addresses)),
        slot_subjects=tuple(sorted({line.subject for line in lines if isinstance(line.subject, int)})),
    )


def _is_blank(part: str) -> bool:
    return part.startswith("_:")


def _anonymous(lines: frozenset[Line]) -> list[str]:
    """The lines without the names of blank nodes, for comparing two expansions of the same shape."""
    return sorted(re.sub(r"_:\w+", "_:x", repr(line)) for line in lines)


def _line(quad: Quad) -> Line:
    subject, predicate, obj, graph = quad
    if graph:
        raise ShapeError("a part of the document is in a graph of its own")
    if _marks(predicate):
        raise ShapeError("a slot stands in the name of a member")
    return Line(_subject(subject), predicate, *_object(obj))


def _subject(term: str) -> str | int:
    if not _marks(term):
        return term
    match = _MARKED_ADDRESS.fullmatch(term)
    if match is None:
        raise ShapeError(f"a slot is only a part of the address {term}")
    return int(match[1])


def _object(term: str) -> tuple[str | int, str]:
    if not _marks(term):
        return term, ""
    if term.startswith("<"):
        return _subject(term), ">"
    match = _MARKED_LITERAL.fullmatch(term)
    if match is None or _marks(match[3]):
        raise ShapeError(f"a slot is only a part of the text {term}")
    return int(match[1] or match[2]), match[3]


def _marks(term: str) -> bool:
    return "\ue000" in term or "x-microcred-slot-" in term


def _masked(line: Line, name: str) -> Row:
    """A line as RDFC-1.0 section 4.6 sees it: the node itself is `_:a`, every other blank node `_:z`."""
    blanks = {part for part in (line.subject, line.object) if isinstance(part, str) and _is_blank(part)}
    return tuple(_joined(line.parts({part: "_:a" if part == name else "_:z" for part in blanks})))


def _node(name: str, rows: tuple[Row, ...]) -> Node:
    """Order the lines by the text before their first slot, if that text tells every two of them apart."""
    heads = [str(row[0]) for row in rows]
    told_apart = all(not one.startswith(other) and not other.startswith(one) for one, other in combinations(heads, 2))
    if not told_apart:
        return Node(name, rows, None)
    ordered = [part for _, row in sorted(zip(heads, rows, strict=True)) for part in row]
    return Node(name, rows, tuple(_joined(ordered)))


def _joined(parts: Iterable[str | int]) -> Iterator[str | int]:
    """Join neighbouring constants."""
    text = ""
    for part in parts:
        if isinstance(part, str):
            text += part
            continue
        if text:
            yield text
        yield part
        text = ""
    if text:
        yield text
