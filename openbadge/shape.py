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
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, NamedTuple

from openbadge import rdfc
from openbadge.nquads import Quad, escape
from openbadge.text import Text, picker

_sha256 = hashlib.sha256
TEXT: Final = "text"
IRI: Final = "iri"
MAX_HEADS: Final = 64
"""Orders of the named subjects that a shape remembers. Most have one: addresses in slots begin alike, as a rule."""
MAX_PLANS: Final = 128
"""Orders of all subjects that a shape remembers. One with four blank nodes has 24 at most; one that may have more
orders than this will hardly see one again, and does without."""
AFTER_ALL: Final = b"\xff"
"""Sorts behind every address."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement: subject and object are the number of a term, or constant text; `suffix` closes a slot's object."""

    subject: str | int
    predicate: str
    object: str | int
    suffix: str


class Labels:
    """Statements of one subject and predicate whose objects are all blank nodes: the labels alone decide the order.

    `before` and `after` are the line around a label, `nodes` the numbers of their terms.
    """

    __slots__ = ("_pick", "after", "before", "nodes")

    def __init__(self, before: Text, after: bytes, nodes: tuple[int, ...]) -> None:
        self.before = before
        self.after = after
        self.nodes = nodes
        self._pick = picker(nodes)

    def text(self, terms: Sequence[bytes]) -> bytes:
        """Return the lines in order; labels are never equal."""
        before = self.before.fill(terms)
        return before + (self.after + before).join(sorted(self._pick(terms))) + self.after


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
class Rows:
    """The masked lines of a blank node where the values decide their order, each with how often it occurs.

    A row that occurs several times says the same of several neighbours: masked, they look alike, and all count.
    """

    rows: tuple[tuple[Text, int], ...]

    def text(self, terms: Sequence[bytes]) -> bytes | None:
        """Return the lines in order; None when two different rows have become equal."""
        rows = sorted([(row.fill(terms), count) for row, count in self.rows])
        if any(one[0] == other[0] for one, other in pairwise(rows)):
            return None
        return b"".join([line * count for line, count in rows])


class Node(NamedTuple):
    """A blank node whose first degree hash depends on slots.

    `lines(terms)` returns its masked lines, which are hashed (RDFC-1.0 section 4.6), or None as `Rows.text`.
    """

    number: int
    lines: Callable[[Sequence[bytes]], bytes | None]


@dataclass(frozen=True, slots=True)
class Planned:
    """Text for one order of subjects; `start` has hashed the bytes before the first hole."""

    text: Text
    start: hashlib._Hash

    @classmethod
    def of(cls, parts: Iterable[bytes | int]) -> Planned:
        """Return the text of its parts."""
        text = Text(parts)
        return cls(text, hashlib.sha256(text.pieces[0]))


Arrangement = tuple[tuple[int, ...], tuple[int, ...]]
"""The blank nodes by rank, and where the subjects that are slots stand among the others."""
Block = tuple[bytes | int, ...]
"""The statements about one subject: constant bytes and numbers of terms."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A compiled document: any number of threads may use it, since all but the remembered orders is immutable.

    `statements` and `blanks` (the names of the blank nodes) say all; the rest follows from them (`shape_build`).
    `fixed` gives the number of each blank node that no slot touches by its hash, `moving` are the others; numbers
    count from 0. Blocks are those of constant subjects in their order, of subjects that are slots, and by blank node:
    constant ones as the pieces between its label, the others as text. `order` are the ranks in the order of their
    labels, `plannable` says that few orders are possible and no value decides within a subject.
    """

    kinds: tuple[str, ...]
    statements: tuple[Statement, ...]
    blanks: tuple[str, ...]
    fixed: dict[bytes, int]
    moving: tuple[Node, ...]
    groups: tuple[Labels | Group, ...]
    subjects: list[bytes]
    constant_blocks: tuple[Block, ...]
    slot_blocks: tuple[tuple[int, Block], ...]
    blank_blocks: tuple[tuple[bytes, ...] | Text, ...]
    labels: tuple[bytes, ...]
    order: tuple[int, ...]
    plannable: bool
    heads: dict[tuple[int, ...], Planned] = field(default_factory=dict, init=False, repr=False, compare=False)
    plans: dict[Arrangement, Planned] = field(default_factory=dict, init=False, repr=False, compare=False)

    def canonical(self, values: Sequence[str]) -> bytes | None:
        """Return the canonical N-Quads (UTF-8) for values that the caller has checked, or None (see the module).

        `values` are in the order of the slots; addresses are absolute ASCII IRIs without escapes.
        """
        try:
            found = self._arranged(self.terms(values))
        except UnicodeEncodeError:
            return None  # half of a surrogate pair, which the general algorithm refuses with a sentence
        return None if found is None else b"".join(found[1])

    def sha256(self, terms: list[bytes]) -> bytes | None:
        """Return the SHA-256 of the canonical N-Quads for the terms of the slots, or None as `canonical`."""
        found = self._arranged(terms)
        if found is None:
            return None
        planned, parts = found
        parts[0] = b""
        state = planned.start.copy()
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

    def _arranged(self, terms: list[bytes]) -> tuple[Planned, list[bytes]] | None:
        """Return the pieces of the canonical form, the first being what `Planned.start` has hashed."""
        ranking, places = self._ranking(terms), self._places(terms)
        if ranking is None or places is None:
            return None
        if not self.plannable:
            return self._assembled(terms, ranking, places)
        planned = self.plans.get((ranking, places)) or self._remember(ranking, places)
        return planned, planned.text.parts(terms)

    def _assembled(
        self, terms: list[bytes], ranking: tuple[int, ...], places: tuple[int, ...]
    ) -> tuple[Planned, list[bytes]] | None:
        """Put an order of subjects together that is not remembered."""
        labels = self._labelled(ranking)
        terms = terms + labels
        for group in self.groups:
            text = group.text(terms)
            if text is None:
                return None
            terms.append(text)
        head = self._head(places)
        parts = head.text.parts(terms)
        blocks = self.blank_blocks
        for rank in self.order:
            node = ranking[rank]
            block = blocks[node]
            parts.append(labels[node].join(block) if isinstance(block, tuple) else block.fill(terms))
        return head, parts

    def _ranking(self, terms: Sequence[bytes]) -> tuple[int, ...] | None:
        """Return the blank nodes by rank of their hash (RDFC-1.0 section 4.4 step 4); None when two are equal."""
        nodes = self.fixed.copy()
        for number, text in self.moving:
            lines = text(terms)
            if lines is None:
                return None
            nodes[_sha256(lines).digest()] = number
        if len(nodes) != len(self.blanks):
            return None
        return tuple([nodes[digest] for digest in sorted(nodes)])

    def _places(self, terms: Sequence[bytes]) -> tuple[int, ...] | None:
        """Return where each subject that is a slot goes, one after the other; None when two subjects are equal.

        An address ends with `>`, which also decides between one and a longer one.
        """
        subjects = self.subjects.copy()
        places = []
        for slot, _ in self.slot_blocks:
            key = terms[slot] + b">"
            place = bisect_left(subjects, key)
            if subjects[place] == key:
                return None
            subjects.insert(place, key)
            places.append(place)
        return tuple(places)

    def _labelled(self, ranking: Sequence[int]) -> list[bytes]:
        labels = [b""] * len(ranking)
        for node, label in zip(ranking, self.labels, strict=False):
            labels[node] = label
        return labels

    def _head(self, places: tuple[int, ...]) -> Planned:
        """Return the statements about named subjects in one order."""
        found = self.heads.get(places)
        if found is None:
            blocks = [*self.constant_blocks]
            for place, (_, block) in zip(places, self.slot_blocks, strict=True):
                blocks.insert(place, block)
            if len(self.heads) >= MAX_HEADS:
                self.heads.clear()
            found = self.heads[places] = Planned.of(part for block in blocks for part in block)
        return found

    def _remember(self, ranking: tuple[int, ...], places: tuple[int, ...]) -> Planned:
        """Plan an order of all subjects: then nothing remains but to put the values in."""
        labels = self._labelled(ranking)
        blank_blocks = []
        for rank in self.order:
            block = self.blank_blocks[ranking[rank]]
            blank_blocks.append(block if isinstance(block, Text) else (labels[ranking[rank]].join(block),))
        parts = [part for block in (self._head(places).text, *blank_blocks) for part in block]
        if len(self.plans) >= MAX_PLANS:
            self.plans.clear()
        planned = self.plans[ranking, places] = Planned.of(self._resolved(parts, labels))
        return planned

    def _resolved(self, parts: Iterable[bytes | int], labels: Sequence[bytes]) -> Iterator[bytes | int]:
        """Yield parts with the labels of blank nodes, and the groups that these order, put in."""
        slots, blanks = len(self.kinds), len(self.blanks)
        for part in parts:
            if isinstance(part, bytes) or part < slots:
                yield part
            elif part < slots + blanks:
                yield labels[part - slots]
            elif isinstance(group := self.groups[part - slots - blanks], Labels):
                for label in sorted(labels[node - slots] for node in group.nodes):
                    yield from (*self._resolved(group.before, labels), label, group.after)


def _quad(statement: Statement, terms: Sequence[str], slots: int) -> Quad:
    subject, obj = statement.subject, statement.object
    if isinstance(subject, int):
        subject = f"<{terms[subject]}>" if subject < slots else terms[subject]
    if isinstance(obj, int):
        opening = {"": "", ">": "<"}.get(statement.suffix, '"')
        obj = f"{opening}{terms[obj]}{statement.suffix}"
    return subject, statement.predicate, obj, ""
