"""Compiled canonicalisation: a document that is fixed but for some values, canonicalised once.

Expanding JSON-LD is 95 % of the cost of a proof, and it is the same for every document of a shape. So the shape is
expanded once with markers in its slots, and each statement becomes constant bytes with numbers of terms in them. For a
set of values there remain: hashing the blank nodes that mention one, putting everything in order, joining.

The result is exactly RDFC-1.0 (section 4.4), or None: then the values make two blank nodes or two statements equal,
and the general algorithm must be asked (`general`). Nothing is ever guessed. Whoever builds a shape (`shape_build`)
proves it against `canon.canonical` before using it.

*Terms* are UTF-8 as they stand in N-Quads, without delimiters: first the values of the slots in their order, then the
labels of the blank nodes, then the texts of the groups.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from openbadge import rdfc
from openbadge.nquads import Quad, escape
from openbadge.text import Text

TEXT: Final = "text"
IRI: Final = "iri"
MAX_HEADS: Final = 64
"""Orders of the named subjects that a shape remembers. Most have one: addresses in slots begin alike, as a rule."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement: subject and object are the number of a term, or constant text; `suffix` closes a slot's object."""

    subject: str | int
    predicate: str
    object: str | int
    suffix: str


@dataclass(frozen=True, slots=True)
class Labels:
    """Statements of one subject and predicate whose objects are all blank nodes: the labels alone decide the order."""

    before: Text
    after: bytes
    nodes: tuple[int, ...]

    def text(self, terms: Sequence[bytes]) -> bytes:
        """Return the lines in order; labels are never equal."""
        before = self.before.fill(terms)
        between = self.after + before
        return before + between.join(sorted([terms[node] for node in self.nodes])) + self.after


@dataclass(frozen=True, slots=True)
class Group:
    """Statements of one subject and predicate that only the values can put in order."""

    rows: tuple[Text, ...]

    def text(self, terms: Sequence[bytes]) -> bytes | None:
        """Return the lines in order; None when two statements have become equal."""
        rows = [row.fill(terms) for row in self.rows]
        if len(set(rows)) != len(rows):
            return None
        rows.sort()
        return b"".join(rows)


@dataclass(frozen=True, slots=True)
class Node:
    """A blank node whose first degree hash depends on slots: its masked lines (RDFC-1.0 section 4.6).

    `ordered` is their text in order, as far as constant bytes decide the order; None where the values decide it. A
    row that occurs several times says the same of several neighbours: masked, they look alike, and all count.
    """

    number: int
    rows: tuple[tuple[Text, int], ...]
    ordered: Text | None

    def lines(self, terms: Sequence[bytes]) -> bytes | None:
        """Return what is hashed; None when two different rows have become equal."""
        if self.ordered is not None:
            return self.ordered.fill(terms)
        rows = sorted([(row.fill(terms), count) for row, count in self.rows])
        if any(one[0] == other[0] for one, other in pairwise(rows)):
            return None
        return b"".join([line * count for line, count in rows])


@dataclass(frozen=True, slots=True)
class Head:
    """The statements about named subjects in one order; `start` has hashed the bytes before the first hole."""

    text: Text
    start: hashlib._Hash


Block = tuple[bytes | int, ...]
"""The statements about one subject: constant bytes and numbers of terms."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A compiled document: any number of threads may use it, since all but the remembered heads is immutable.

    `statements` and `blanks` (the names of the blank nodes) say all; the rest follows from them (`shape_build`).
    `fixed` gives the number of each blank node that no slot touches by its hash, `moving` are the others; numbers
    count from 0. Blocks are those of constant subjects in their order, of subjects that are slots, and by blank node:
    constant ones as the pieces between its label, the others as text.
    """

    kinds: tuple[str, ...]
    statements: tuple[Statement, ...]
    blanks: tuple[str, ...]
    fixed: dict[bytes, int]
    moving: tuple[Node, ...]
    groups: tuple[Labels | Group, ...]
    subjects: tuple[bytes, ...]
    constant_blocks: tuple[Block, ...]
    slot_blocks: tuple[tuple[int, Block], ...]
    blank_blocks: tuple[tuple[bytes, ...] | Text, ...]
    labels: tuple[bytes, ...]
    order: tuple[int, ...]
    heads: dict[tuple[int, ...], Head] = field(default_factory=dict, init=False, repr=False, compare=False)

    def canonical(self, values: Sequence[str]) -> bytes | None:
        """Return the canonical N-Quads (UTF-8) for values that the caller has checked, or None (see the module).

        `values` are in the order of the slots; addresses are absolute ASCII IRIs without escapes.
        """
        found = self._arranged(self.terms(values))
        return None if found is None else b"".join(found[1])

    def sha256(self, terms: list[bytes]) -> bytes | None:
        """Return the SHA-256 of the canonical N-Quads for the terms of the slots, or None as `canonical`."""
        found = self._arranged(terms)
        if found is None:
            return None
        head, parts = found
        parts[0] = b""
        state = head.start.copy()
        state.update(b"".join(parts))
        return state.digest()

    def general(self, values: Sequence[str]) -> bytes:
        """Return the canonical N-Quads by the general algorithm on the substituted statements (any values).

        Raises `InvalidError` LIMIT_EXCEEDED as `rdfc.canonicalize`.
        """
        terms = [escape(value) if kind == TEXT else value for value, kind in zip(values, self.kinds, strict=True)]
        terms += self.blanks
        slots = len(self.kinds)
        quads = {_quad(statement, terms, slots) for statement in self.statements}
        return rdfc.canonicalize(quads).text.encode()

    def terms(self, values: Sequence[str]) -> list[bytes]:
        """Return the terms of the slots for their values."""
        pairs = zip(values, self.kinds, strict=True)
        return [(escape(value) if kind == TEXT else value).encode() for value, kind in pairs]

    def _arranged(self, terms: list[bytes]) -> tuple[Head, list[bytes]] | None:
        """Return the pieces of the canonical form, the first being what `Head.start` has hashed."""
        ranking = self._ranking(terms)
        head = self._head(terms)
        if ranking is None or head is None:
            return None
        labels = [b""] * len(ranking)
        for node, label in zip(ranking, self.labels, strict=True):
            labels[node] = label
        terms = terms + labels
        for group in self.groups:
            text = group.text(terms)
            if text is None:
                return None
            terms.append(text)
        parts = head.text.parts(terms)
        for rank in self.order:
            node = ranking[rank]
            block = self.blank_blocks[node]
            parts.append(block.fill(terms) if isinstance(block, Text) else labels[node].join(block))
        return head, parts

    def _ranking(self, terms: Sequence[bytes]) -> list[int] | None:
        """Return the blank nodes by rank of their hash (RDFC-1.0 section 4.4 step 4); None when two are equal."""
        nodes = self.fixed.copy()
        for node in self.moving:
            lines = node.lines(terms)
            if lines is None:
                return None
            nodes[hashlib.sha256(lines).digest()] = node.number
        if len(nodes) != len(self.blanks):
            return None
        return [nodes[digest] for digest in sorted(nodes)]

    def _head(self, terms: Sequence[bytes]) -> Head | None:
        """Return the statements about named subjects, in the order that the slots among them ask for.

        None when two subjects are equal. An address ends with `>`, which also decides between one and a longer one.
        """
        keys = list(self.subjects)
        places = []
        for slot, _ in self.slot_blocks:
            key = terms[slot] + b">"
            place = bisect_left(keys, key)
            if place < len(keys) and keys[place] == key:
                return None
            keys.insert(place, key)
            places.append(place)
        order = tuple(places)
        return self.heads.get(order) or self._remember(order)

    def _remember(self, places: tuple[int, ...]) -> Head:
        blocks = list(self.constant_blocks)
        for place, (_, block) in zip(places, self.slot_blocks, strict=True):
            blocks.insert(place, block)
        text = Text([part for block in blocks for part in block])
        if len(self.heads) >= MAX_HEADS:
            self.heads.clear()
        head = self.heads[places] = Head(text, hashlib.sha256(text.pieces[0]))
        return head


def _quad(statement: Statement, terms: Sequence[str], slots: int) -> Quad:
    subject, obj = statement.subject, statement.object
    if isinstance(subject, int):
        subject = f"<{terms[subject]}>" if subject < slots else terms[subject]
    if isinstance(obj, int):
        opening = {"": "", ">": "<"}.get(statement.suffix, '"')
        obj = f"{opening}{terms[obj]}{statement.suffix}"
    return subject, statement.predicate, obj, ""
