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
from collections import OrderedDict, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

from openbadge import rdfc
from openbadge.nquads import Quad, escape

TEXT: Final = "text"
IRI: Final = "iri"
MAX_PLANS: Final = 512
"""Arrangements of one shape that are kept; 5,000 learners of one definition need about 40."""


@dataclass(frozen=True, slots=True)
class Line:
    """A statement: subject and object may be a slot number (int), a blank node (`_:…`), or constant text."""

    subject: str | int
    predicate: str
    object: str | int
    suffix: str

    def parts(self, labels: Mapping[str, str]) -> list[str | int]:
        """The line as text and slot numbers, blank nodes named by `labels`."""
        head: list[str | int] = ["<", self.subject, "> "] if isinstance(self.subject, int) else [
            labels.get(self.subject, self.subject) + " "
        ]  # fmt: skip
        if isinstance(self.object, int):
            opening, closing = ("<", ">") if self.suffix == ">" else ('"', self.suffix)
            return [*head, f"{self.predicate} {opening}", self.object, f"{closing} .\n"]
        return [*head, f"{self.predicate} {labels.get(self.object, self.object)} .\n"]

    def slots(self) -> set[int]:
        """The slots that the line mentions."""
        return {part for part in (self.subject, self.object) if isinstance(part, int)}


Row = tuple[str | int, ...]
"""A line as text and slot numbers."""


def filled(row: Row, terms: Sequence[str]) -> str:
    """Return the text of a row with the terms in its slots."""
    return "".join([terms[part] if type(part) is int else part for part in row])  # type: ignore[misc]


@dataclass(frozen=True, slots=True)
class Node:
    """A blank node whose first degree hash depends on slots: its masked lines (RDFC-1.0 section 4.6).

    `ordered` is their text in order, as far as constant text decides the order; None where the values decide it.
    """

    name: str
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


@dataclass(slots=True)
class _Plan:
    """The text for one arrangement of blank nodes and subjects: constant pieces, and where each slot goes."""

    pieces: list[str]
    fills: list[tuple[int, int]]
    groups: list[tuple[int, tuple[Row, ...]]]

    def text(self, terms: Sequence[str]) -> str | None:
        pieces = self.pieces.copy()
        for place, slot in self.fills:
            pieces[place] = terms[slot]
        for place, lines in self.groups:
            rows = {filled(line, terms) for line in lines}
            if len(rows) != len(lines):
                return None
            pieces[place] = "".join(sorted(rows))
        return "".join(pieces)


@dataclass(slots=True)
class Shape:
    """A compiled document. Safe to use from several threads: plans are values that any thread may make again.

    `hashes` and `names` are those of the blank nodes that no slot touches, in the order of the hashes; `subjects` are
    the constant addresses that statements are about, each with the space behind it, in order.
    """

    kinds: tuple[str, ...]
    lines: tuple[Line, ...]
    hashes: tuple[str, ...]
    names: tuple[str, ...]
    moving: tuple[Node, ...]
    subjects: tuple[str, ...]
    slot_subjects: tuple[int, ...]
    _plans: OrderedDict[tuple[Any, ...], _Plan] = field(default_factory=OrderedDict)

    def canonical(self, values: Sequence[str]) -> bytes | None:
        """Return the canonical N-Quads (UTF-8) for values that the caller has checked, or None (see the module).

        `values` are in the order of the slots; addresses are absolute ASCII IRIs without escapes.
        """
        terms = [escape(value) if kind == TEXT else value for value, kind in zip(values, self.kinds, strict=True)]
        arrangement = self._arrangement(terms)
        if arrangement is None:
            return None
        plan = self._plans.get(arrangement)
        if plan is None:
            plan = self._remember(arrangement, self._plan(arrangement))
        text = plan.text(terms)
        return None if text is None else text.encode()

    def general(self, values: Sequence[str]) -> bytes:
        """Return the canonical N-Quads by the general algorithm on the substituted statements (any values)."""
        terms = [escape(value) if kind == TEXT else value for value, kind in zip(values, self.kinds, strict=True)]
        quads = {_substituted(line, terms) for line in self.lines}
        return rdfc.canonicalize(quads).text.encode()

    def _arrangement(self, terms: Sequence[str]) -> tuple[Any, ...] | None:
        """Where each moving node and each slot subject falls among the constant ones; None when two are equal.

        Four tuples: places of the nodes, their order, places of the subjects, their order.
        """
        digests = [node.hash(terms) for node in self.moving]
        nodes = None if None in digests else _places(self.hashes, digests)  # type: ignore[arg-type]
        subjects = _places(self.subjects, [f"<{terms[slot]}> " for slot in self.slot_subjects])
        return None if nodes is None or subjects is None else (*nodes, *subjects)

    def _remember(self, arrangement: tuple[Any, ...], plan: _Plan) -> _Plan:
        self._plans[arrangement] = plan
        while len(self._plans) > MAX_PLANS:
            self._plans.popitem(last=False)
        return plan

    def _plan(self, arrangement: tuple[Any, ...]) -> _Plan:
        node_places, node_order, places, order = arrangement
        moving = [node.name for node in self.moving]
        ranked = list(_merged(self.names, moving, node_places, node_order))
        labels = {name: f"_:c14n{rank}" for rank, name in enumerate(ranked)}
        blocks: dict[str | int, list[Line]] = defaultdict(list)
        for line in self.lines:
            blocks[line.subject].append(line)
        builder = _Builder(labels)
        addresses = [subject.rstrip(" ") for subject in self.subjects]
        for subject in _merged(addresses, self.slot_subjects, places, order):
            builder.block(blocks[subject])
        for name in sorted((name for name in labels if name in blocks), key=lambda name: f"{labels[name]} "):
            builder.block(blocks[name])
        return builder.plan()


def _places(constant: Sequence[str], moving: Sequence[str]) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """Where each of `moving` falls among the sorted `constant` texts, and their order; None if any two are equal."""
    places = []
    for text in moving:
        place = bisect_left(constant, text)
        if place < len(constant) and constant[place] == text:
            return None
        places.append(place)
    if len(set(moving)) != len(moving):
        return None
    return tuple(places), tuple(sorted(range(len(moving)), key=moving.__getitem__))


def _merged(
    constant: Sequence[Any], moving: Sequence[Any], places: Sequence[int], order: Sequence[int]
) -> Iterator[Any]:
    """Yield the constant items with each moving one at its place."""
    for place in range(len(constant) + 1):
        yield from (moving[index] for index in order if places[index] == place)
        if place < len(constant):
            yield constant[place]


class _Builder:
    """Collects the text of a plan: neighbouring constants are joined at once."""

    def __init__(self, labels: Mapping[str, str]) -> None:
        self._labels = labels
        self._parts: list[Any] = []

    def block(self, lines: Sequence[Line]) -> None:
        """Add the lines of one subject in their order; lines that only values can order become a group."""
        by_predicate: dict[str, list[Line]] = defaultdict(list)
        for line in lines:
            by_predicate[line.predicate].append(line)
        for predicate in sorted(by_predicate, key=lambda name: f"{name} "):
            group = by_predicate[predicate]
            rows = [tuple(line.parts(self._labels)) for line in group]
            if len(group) > 1 and any(isinstance(line.object, int) for line in group):
                self._parts.append(tuple(rows))
            elif len(group) > 1:
                for row in sorted(rows, key=lambda row: str(row[-1])):
                    self._parts.extend(row)
            else:
                self._parts.extend(rows[0])

    def plan(self) -> _Plan:
        """Return the collected plan."""
        plan = _Plan([], [], [])
        for part in self._parts:
            if isinstance(part, str) and plan.pieces and not self._is_hole(plan):
                plan.pieces[-1] += part
                continue
            if isinstance(part, int):
                plan.fills.append((len(plan.pieces), part))
            elif isinstance(part, tuple):
                plan.groups.append((len(plan.pieces), part))
            plan.pieces.append(part if isinstance(part, str) else "")
        return plan

    def _is_hole(self, plan: _Plan) -> bool:
        last = len(plan.pieces) - 1
        return (bool(plan.fills) and plan.fills[-1][0] == last) or (bool(plan.groups) and plan.groups[-1][0] == last)


def _substituted(line: Line, terms: Sequence[str]) -> Quad:
    subject = f"<{terms[line.subject]}>" if isinstance(line.subject, int) else line.subject
    if not isinstance(line.object, int):
        return subject, line.predicate, line.object, ""
    opening, closing = ("<", ">") if line.suffix == ">" else ('"', line.suffix)
    return subject, line.predicate, f"{opening}{terms[line.object]}{closing}", ""
