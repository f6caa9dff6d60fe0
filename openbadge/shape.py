"""Compiled canonicalisation: a document that is fixed but for some values, canonicalised once.

Expanding JSON-LD is 95 % of the cost of a proof, and it is the same for every document of a shape. So the shape is
expanded once with markers in its slots, and each statement becomes constant text with slot numbers in it. For a set
of values there remain: escaping them, hashing the blank nodes that mention one, putting everything in order, joining.

The result is exactly RDFC-1.0 (section 4.4), or None: then the values make two blank nodes or two statements equal,
and the general algorithm must be asked (`general`). Nothing is ever guessed. Whoever builds a shape (`shape_build`)
proves it against `canon.canonical` before using it.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from openbadge import rdfc
from openbadge.nquads import Quad, escape

TEXT: Final = "text"
IRI: Final = "iri"
MAX_PLANS: Final = 256
"""Orders of statements that a shape remembers: 5,000 learners of one definition have some forty."""

Row = tuple[str | int, ...]
"""Text and numbers of terms: the values of the slots first, then the labels of the blank nodes."""


@dataclass(frozen=True, slots=True)
class Group:
    """Lines that only their terms can put in order: equal subject and predicate, several objects."""

    rows: tuple[Row, ...]


Block = tuple[str | int | Group, ...]
"""The statements about one subject, in order."""


def filled(row: Row, terms: Sequence[str]) -> str:
    """Return the text of a row with the terms in it."""
    return "".join([terms[part] if type(part) is int else part for part in row])  # type: ignore[misc]


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement: subject and object are the number of a term, or constant text; `suffix` closes a slot's object."""

    subject: str | int
    predicate: str
    object: str | int
    suffix: str


@dataclass(frozen=True, slots=True)
class Node:
    """A blank node whose first degree hash depends on slots: its masked lines (RDFC-1.0 section 4.6).

    `ordered` is their text in order, as far as constant text decides the order; None where the values decide it.
    """

    number: int
    rows: tuple[Row, ...]
    ordered: Row | None

    def hash(self, terms: Sequence[str]) -> str | None:
        """Return the first degree hash; None when two lines have become equal."""
        if self.ordered is not None:
            return hashlib.sha256(filled(self.ordered, terms).encode()).hexdigest()
        rows = sorted(filled(row, terms) for row in self.rows)
        if any(one == other for one, other in pairwise(rows)):
            return None
        return hashlib.sha256("".join(rows).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Plan:
    """The text of a document for one order of its statements: constant pieces, and what stands between them.

    `holes` are numbers of slots, and beyond those of the `groups`. The labels of blank nodes are constant here.
    """

    pieces: tuple[str, ...]
    holes: tuple[int, ...]
    groups: tuple[tuple[Row, ...], ...]

    def text(self, terms: Sequence[str]) -> str | None:
        """Return the text with the terms of the slots in it; None when two statements have become equal."""
        texts = terms if not self.groups else [*terms]
        for group in self.groups:
            rows = [filled(row, terms) for row in group]
            if len(set(rows)) != len(rows):
                return None
            texts.append("".join(sorted(rows)))  # type: ignore[attr-defined]  # the copy is a list
        parts = [""] * (2 * len(self.holes) + 1)
        parts[::2] = self.pieces
        parts[1::2] = [texts[hole] for hole in self.holes]
        return "".join(parts)


Order = tuple[tuple[int, ...], tuple[int, ...]]
"""The blank nodes by rank, and where the subjects that are slots stand among the others."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A compiled document: any number of threads may use it, since all but the remembered plans is immutable.

    `statements` and `blanks` (the names of the blank nodes) serve the general algorithm. `fixed` are the hashes and
    numbers of the blank nodes that no slot touches, `moving` the others. The blocks are those of constant subjects
    in their order (each with its sort key), of subjects that are slots, and of blank nodes, by number of the term.
    """

    kinds: tuple[str, ...]
    statements: tuple[Statement, ...]
    blanks: tuple[str, ...]
    fixed: tuple[tuple[str, int], ...]
    moving: tuple[Node, ...]
    subjects: tuple[str, ...]
    constant_blocks: tuple[Block, ...]
    slot_blocks: tuple[tuple[int, Block], ...]
    blank_blocks: tuple[tuple[int, Block], ...]
    plans: dict[Order, Plan] = field(default_factory=dict, init=False, repr=False, compare=False)

    def canonical(self, values: Sequence[str]) -> bytes | None:
        """Return the canonical N-Quads (UTF-8) for values that the caller has checked, or None (see the module).

        `values` are in the order of the slots; addresses are absolute ASCII IRIs without escapes.
        """
        terms = self._terms(values)
        ranking, places = self._ranking(terms), self._places(terms)
        if ranking is None or places is None:
            return None
        plan = self.plans.get((ranking, places))
        if plan is None:
            plan = self._remember((ranking, places))
        text = plan.text(terms)
        return None if text is None else text.encode()

    def general(self, values: Sequence[str]) -> bytes:
        """Return the canonical N-Quads by the general algorithm on the substituted statements (any values)."""
        terms = [*self._terms(values), *self.blanks]
        slots = len(self.kinds)
        quads = {_quad(statement, terms, slots) for statement in self.statements}
        return rdfc.canonicalize(quads).text.encode()

    def _terms(self, values: Sequence[str]) -> list[str]:
        return [escape(value) if kind == TEXT else value for value, kind in zip(values, self.kinds, strict=True)]

    def _ranking(self, terms: Sequence[str]) -> tuple[int, ...] | None:
        """Return the blank nodes by rank of their hash (RDFC-1.0 section 4.4 step 4); None when two are equal."""
        if not self.moving:
            return tuple(number for _, number in self.fixed)
        ranked = list(self.fixed)
        for node in self.moving:
            digest = node.hash(terms)
            if digest is None:
                return None
            ranked.append((digest, node.number))
        ranked.sort()
        if len({digest for digest, _ in ranked}) != len(ranked):
            return None
        return tuple([number for _, number in ranked])

    def _places(self, terms: Sequence[str]) -> tuple[int, ...] | None:
        """Return where each subject that is a slot goes, one after the other; None when two subjects are equal."""
        keys = list(self.subjects)
        places = []
        for slot, _ in self.slot_blocks:
            key = f"<{terms[slot]}> "
            place = bisect_left(keys, key)
            if place < len(keys) and keys[place] == key:
                return None
            keys.insert(place, key)
            places.append(place)
        return tuple(places)

    def _remember(self, order: Order) -> Plan:
        ranking, places = order
        labels = {number: f"_:c14n{rank}" for rank, number in enumerate(ranking)}
        blocks = list(self.constant_blocks)
        for place, (_, block) in zip(places, self.slot_blocks, strict=True):
            blocks.insert(place, block)
        blocks += [block for _, block in sorted(self.blank_blocks, key=lambda item: labels[item[0]])]
        if len(self.plans) >= MAX_PLANS:
            self.plans.clear()
        plan = self.plans[order] = _plan(blocks, labels, len(self.kinds))
        return plan


def _plan(blocks: Sequence[Block], labels: Mapping[int, str], slots: int) -> Plan:
    pieces, holes = [""], list[int]()
    groups: list[tuple[Row, ...]] = []
    for part in (part for block in blocks for part in block):
        if isinstance(part, Group):
            holes.append(slots + len(groups))
            groups.append(tuple(_labelled(row, labels) for row in part.rows))
            pieces.append("")
        elif isinstance(part, int) and part not in labels:
            holes.append(part)
            pieces.append("")
        else:
            pieces[-1] += labels[part] if isinstance(part, int) else part
    return Plan(tuple(pieces), tuple(holes), tuple(groups))


def _labelled(row: Row, labels: Mapping[int, str]) -> Row:
    return tuple(labels.get(part, part) if isinstance(part, int) else part for part in row)


def _quad(statement: Statement, terms: Sequence[str], slots: int) -> Quad:
    subject, obj = statement.subject, statement.object
    if isinstance(subject, int):
        subject = f"<{terms[subject]}>" if subject < slots else terms[subject]
    if isinstance(obj, int):
        opening = {"": "", ">": "<"}.get(statement.suffix, '"')
        obj = f"{opening}{terms[obj]}{statement.suffix}"
    return subject, statement.predicate, obj, ""
