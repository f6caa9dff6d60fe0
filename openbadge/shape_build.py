"""Compiling a document into a `Shape`: expand it once with markers in its slots, and keep what never changes."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, Final

from openbadge import canon
from openbadge.nquads import Quad
from openbadge.shape import TEXT, Block, Group, Node, Row, Shape, Statement

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
    variants = [frozenset(map(_statement, canon.quads(document))) for document in documents]
    if any(_anonymous(variant) != _anonymous(variants[0]) for variant in variants):
        raise ShapeError("a vocabulary rewrites an address of one scheme")
    seen = {part for statement in variants[0] for part in (statement.subject, statement.object)}
    missing = sorted(set(range(len(kinds))) - seen)
    if missing:
        raise ShapeError(f"slot {missing[0]} reaches no statement, so no signature would cover it")
    blanks = tuple(sorted(part for part in seen if isinstance(part, str) and part.startswith("_:")))
    return _shape(tuple(kinds), blanks, variants[0])


def _shape(kinds: tuple[str, ...], blanks: tuple[str, ...], named: frozenset[Statement]) -> Shape:
    numbers = {name: len(kinds) + index for index, name in enumerate(blanks)}
    statements = tuple(_numbered(statement, numbers) for statement in named)
    fixed, moving = _nodes(statements, len(kinds), len(blanks))
    blocks = _blocks(statements, len(kinds))
    constant = sorted(subject for subject in blocks if isinstance(subject, str))
    numbered = [(subject, block) for subject, block in blocks.items() if isinstance(subject, int)]
    return Shape(
        kinds=kinds,
        statements=statements,
        blanks=blanks,
        fixed=tuple(sorted(fixed)),
        moving=tuple(moving),
        subjects=tuple(f"{subject} " for subject in constant),
        constant_blocks=tuple(blocks[subject] for subject in constant),
        slot_blocks=tuple((number, block) for number, block in numbered if number < len(kinds)),
        blank_blocks=tuple((number, block) for number, block in numbered if number >= len(kinds)),
    )


def _numbered(statement: Statement, numbers: Mapping[str, int]) -> Statement:
    """Name blank nodes by their number among the terms."""
    subject, obj = (numbers.get(part, part) if isinstance(part, str) else part
                    for part in (statement.subject, statement.object))  # fmt: skip
    return Statement(subject, statement.predicate, obj, statement.suffix)


def _nodes(statements: Sequence[Statement], slots: int, blanks: int) -> tuple[list[tuple[str, int]], list[Node]]:
    fixed, moving = [], []
    for number in range(slots, slots + blanks):
        rows = tuple(
            _masked(statement, number, slots)
            for statement in statements
            if number in (statement.subject, statement.object)
        )
        if any(isinstance(part, int) for row in rows for part in row):
            moving.append(_node(number, rows))
        else:
            text = "".join(sorted("".join(map(str, row)) for row in rows))
            fixed.append((hashlib.sha256(text.encode()).hexdigest(), number))
    if len({digest for digest, _ in fixed}) != len(fixed):
        raise ShapeError("two parts without id say the same; give one of them an id, or leave one out")
    return fixed, moving


def _blocks(statements: Sequence[Statement], slots: int) -> dict[str | int, Block]:
    """The statements by subject, those of one predicate together; what only terms can order becomes a group."""
    by_subject: dict[str | int, dict[str, list[Statement]]] = defaultdict(lambda: defaultdict(list))
    for statement in statements:
        by_subject[statement.subject][statement.predicate].append(statement)
    blocks: dict[str | int, Block] = {}
    for subject, by_predicate in by_subject.items():
        parts: list[str | int | Group] = []
        for _, group in sorted(by_predicate.items(), key=lambda item: f"{item[0]} "):
            rows = [_row(statement, slots) for statement in group]
            if len(group) > 1 and any(isinstance(statement.object, int) for statement in group):
                parts.append(Group(tuple(rows)))
            else:
                parts += [part for row in sorted(rows, key=lambda row: str(row[-1])) for part in row]
        blocks[subject] = tuple(_joined(parts))
    return blocks


def _row(statement: Statement, slots: int) -> Row:
    """A statement as text and numbers of terms, newline included."""
    subject: list[str | int] = [statement.subject, " "]
    if isinstance(statement.subject, int) and statement.subject < slots:
        subject = ["<", statement.subject, "> "]
    opening = {"": "", ">": "<"}.get(statement.suffix, '"')
    return tuple(_joined([*subject, f"{statement.predicate} {opening}", statement.object, f"{statement.suffix} .\n"]))


def _masked(statement: Statement, number: int, slots: int) -> Row:
    """A statement as RDFC-1.0 section 4.6 sees it: the node itself is `_:a`, every other blank node `_:z`."""

    def mask(part: str | int) -> str | int:
        if isinstance(part, str) or part < slots:
            return part
        return "_:a" if part == number else "_:z"

    masked = Statement(mask(statement.subject), statement.predicate, mask(statement.object), statement.suffix)
    return _row(masked, slots)


def _anonymous(statements: frozenset[Statement]) -> list[str]:
    """The statements without the names of blank nodes, for comparing two expansions of the same shape."""
    return sorted(re.sub(r"_:\w+", "_:x", repr(statement)) for statement in statements)


def _statement(quad: Quad) -> Statement:
    subject, predicate, obj, graph = quad
    if graph:
        raise ShapeError("a part of the document is in a graph of its own")
    if _marks(predicate):
        raise ShapeError("a slot stands in the name of a member")
    return Statement(_subject(subject), predicate, *_object(obj))


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


def _node(number: int, rows: tuple[Row, ...]) -> Node:
    """Order the lines by the text before their first slot, if that text tells every two of them apart."""
    heads = [str(row[0]) for row in rows]
    told_apart = all(not one.startswith(other) and not other.startswith(one) for one, other in combinations(heads, 2))
    if not told_apart:
        return Node(number, rows, None)
    ordered = [part for _, row in sorted(zip(heads, rows, strict=True)) for part in row]
    return Node(number, rows, tuple(_joined(ordered)))


def _joined(parts: Iterable[Any]) -> Iterator[Any]:
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
