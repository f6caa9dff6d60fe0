"""From statements with slots to a `Shape`: everything that constant text decides is decided here, once."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import perm

from openbadge.shape import AFTER_ALL, MAX_PLANS, Block, Group, Labels, Node, Rows, Shape, Statement
from openbadge.text import Text

Parts = tuple[bytes | int, ...]
"""A line, or a part of one: constant bytes and numbers of terms."""


class ShapeError(Exception):
    """The document cannot be compiled; the sentence says which slot or node is in the way."""


def assemble(kinds: Sequence[str], statements: Sequence[Statement], blanks: Sequence[str]) -> Shape:
    """Return the shape of statements; each term is constant text, the number of a slot, or of a blank node.

    Slots count from 0 in the order of `kinds`, blank nodes go on from there in the order of `blanks`. Raises
    `ShapeError` when two blank nodes that no slot touches are told apart by nothing.
    """
    slots = len(kinds)
    fixed, moving = _nodes(statements, slots, len(blanks))
    blocks = _Blocks(slots, slots + len(blanks))
    by_subject: dict[str | int, list[Statement]] = defaultdict(list)
    for statement in statements:
        by_subject[statement.subject].append(statement)
    made = {subject: tuple(blocks.block(group)) for subject, group in by_subject.items()}
    constant = sorted(subject.encode() for subject in made if isinstance(subject, str))
    return Shape(
        kinds=tuple(kinds),
        statements=tuple(statements),
        blanks=tuple(blanks),
        fixed=fixed,
        moving=tuple(moving),
        groups=tuple(blocks.groups),
        subjects=[*(subject[1:] for subject in constant), AFTER_ALL],
        constant_blocks=tuple(made[subject.decode()] for subject in constant),
        slot_blocks=tuple((number, made[number]) for number in range(slots) if number in made),
        blank_blocks=tuple(_around(made.get(slots + node, ()), slots + node) for node in range(len(blanks))),
        labels=tuple(b"_:c14n%d" % rank for rank in range(len(blanks))),
        order=tuple(sorted(range(len(blanks)), key=str)),
        plannable=perm(len(blanks), len(moving)) <= MAX_PLANS
        and all(isinstance(group, Labels) for group in blocks.groups),
    )


def _around(block: Block, label: int) -> tuple[bytes, ...] | Text:
    """Return the pieces around the label of a block in which nothing else changes, any other block as text."""
    text = Text(block)
    return text.pieces if set(text.holes) <= {label} else text


def _nodes(statements: Sequence[Statement], slots: int, blanks: int) -> tuple[dict[bytes, int], list[Node]]:
    fixed: dict[bytes, int] = {}
    moving = []
    for node in range(blanks):
        number = slots + node
        lines = [_masked(item, number, slots) for item in statements if number in (item.subject, item.object)]
        if any(isinstance(part, int) for line in lines for part in line):
            moving.append(_node(node, Counter(lines)))
            continue
        text = b"".join(sorted(_constant(line) for line in lines))
        if node != fixed.setdefault(hashlib.sha256(text).digest(), node):
            raise ShapeError("two parts without id say the same; give one of them an id, or leave one out")
    return fixed, moving


def _node(node: int, lines: Counter[Parts]) -> Node:
    """Order the lines by the bytes before their first slot, if those bytes tell every two of them apart."""
    told_apart = all(
        not one.startswith(other) and not other.startswith(one)
        for one, other in combinations([_start(line) for line in lines], 2)
    )
    if told_apart:
        return Node(node, Text([part for line in sorted(lines, key=_start) for part in line * lines[line]]).fill)
    return Node(node, Rows(tuple((Text(line), count) for line, count in lines.items())).text)


def _start(line: Parts) -> bytes:
    return line[0] if isinstance(line[0], bytes) else b""


def _constant(line: Parts) -> bytes:
    return b"".join(part for part in line if isinstance(part, bytes))


def _masked(statement: Statement, number: int, slots: int) -> Parts:
    """A statement as RDFC-1.0 section 4.6 sees it: the node itself is `_:a`, every other blank node `_:z`."""

    def mask(part: str | int) -> str | int:
        if isinstance(part, str) or part < slots:
            return part
        return "_:a" if part == number else "_:z"

    masked = Statement(mask(statement.subject), statement.predicate, mask(statement.object), statement.suffix)
    return tuple(Text([*_before(masked, slots), *_object(masked)]))


@dataclass
class _Blocks:
    """Puts the statements of subjects in order; lines that only terms can order become groups on the way.

    A group stands in its block under a number of its own, counted from `first`.
    """

    slots: int
    first: int
    groups: list[Labels | Group] = field(default_factory=list)

    def block(self, statements: Sequence[Statement]) -> Iterator[bytes | int]:
        """Yield the lines of one subject: by predicate, then literals, addresses and blank nodes (`"` < `<` < `_`)."""
        by_predicate: dict[str, list[Statement]] = defaultdict(list)
        for statement in statements:
            by_predicate[statement.predicate].append(statement)
        for predicate in sorted(by_predicate):
            kinds: dict[str, list[Statement]] = defaultdict(list)
            for statement in by_predicate[predicate]:
                kinds[self._opening(statement)].append(statement)
            for opening in sorted(kinds):
                yield from self._lines(kinds[opening])

    def _opening(self, statement: Statement) -> str:
        if isinstance(statement.object, str):
            return statement.object[0]
        if statement.object >= self.slots:
            return "_"
        return "<" if statement.suffix == ">" else '"'

    def _lines(self, statements: Sequence[Statement]) -> Iterator[bytes | int]:
        """Yield lines that differ in their objects alone, or the number of the group that they become."""
        objects = [statement.object for statement in statements]
        if len(statements) > 1 and any(isinstance(item, int) for item in objects):
            yield self._group(statements)
            return
        for statement in sorted(statements, key=lambda item: str(item.object)):
            yield from (*_before(statement, self.slots), *_object(statement))

    def _group(self, statements: Sequence[Statement]) -> int:
        nodes = tuple(item.object for item in statements if isinstance(item.object, int) and item.object >= self.slots)
        if nodes:
            self.groups.append(Labels(Text(_before(statements[0], self.slots)), b" .\n", nodes))
        else:
            rows = tuple(Text([*_before(item, self.slots), *_object(item)]) for item in statements)
            self.groups.append(Group(rows))
        return self.first + len(self.groups) - 1


def _before(statement: Statement, slots: int) -> Parts:
    """A line up to its object."""
    subject = statement.subject
    predicate = f" {statement.predicate} ".encode()
    if isinstance(subject, str):
        return (subject.encode() + predicate,)
    return (b"<", subject, b">" + predicate) if subject < slots else (subject, predicate)


def _object(statement: Statement) -> Parts:
    """The object of a line and its end, newline included."""
    if isinstance(statement.object, str):
        return (f"{statement.object} .\n".encode(),)
    opening = {"": b"", ">": b"<"}.get(statement.suffix, b'"')
    return (opening, statement.object, f"{statement.suffix} .\n".encode())
