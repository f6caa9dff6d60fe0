"""Constant bytes with holes in them: what remains of a document when all that never changes has been worked out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any, Final


class Text:
    """Pieces of constant bytes, and the numbers of the terms that stand between them. Immutable.

    `fill(terms)` returns the bytes with the terms in their holes.
    """

    __slots__ = ("_parts", "_pick", "fill", "holes", "pieces")

    def __init__(self, parts: Iterable[bytes | int]) -> None:
        pieces, holes = [b""], list[int]()
        for part in parts:
            if isinstance(part, int):
                holes.append(part)
                pieces.append(b"")
            else:
                pieces[-1] += part
        self.pieces = tuple(pieces)
        self.holes = tuple(holes)
        self._pick = picker(self.holes)
        self._parts = [piece for pair in zip(pieces, [b""] * len(pieces), strict=True) for piece in pair][:-1]
        self.fill: Callable[[Sequence[bytes]], bytes] = _FILLS.get(len(holes), _filled)(self)

    def __iter__(self) -> Iterator[bytes | int]:
        """Yield the parts that this was made of, neighbouring constants joined."""
        for piece, hole in zip(self.pieces, self.holes, strict=False):
            yield from (piece, hole) if piece else (hole,)
        if self.pieces[-1]:
            yield self.pieces[-1]

    def parts(self, terms: Sequence[bytes]) -> list[bytes]:
        """Return the pieces with the terms between them, as a list of the caller's own."""
        parts = self._parts.copy()
        parts[1::2] = self._pick(terms)
        return parts


def _filled(text: Text) -> Callable[[Sequence[bytes]], bytes]:
    return lambda terms: b"".join(text.parts(terms))


def _constant(text: Text) -> Callable[[Sequence[bytes]], bytes]:
    (piece,) = text.pieces
    return lambda _: piece


def _one(text: Text) -> Callable[[Sequence[bytes]], bytes]:
    before, after = text.pieces
    (hole,) = text.holes
    return lambda terms: before + terms[hole] + after


def _two(text: Text) -> Callable[[Sequence[bytes]], bytes]:
    before, between, after = text.pieces
    one, other = text.holes
    return lambda terms: b"".join((before, terms[one], between, terms[other], after))


def _three(text: Text) -> Callable[[Sequence[bytes]], bytes]:
    first, second, third, last = text.pieces
    one, two, three = text.holes
    return lambda terms: b"".join((first, terms[one], second, terms[two], third, terms[three], last))


_FILLS: Final = {0: _constant, 1: _one, 2: _two, 3: _three}
"""The quickest ways to fill a few holes, by their number: lines of one blank node have no more, as a rule."""


def picker(keys: Sequence[Any]) -> Callable[[Any], tuple[Any, ...]]:
    """Return the function that takes the items under `keys`, any number of them, out of a sequence or mapping."""
    if len(keys) > 1:
        return itemgetter(*keys)
    if not keys:
        return lambda _: ()
    (key,) = keys
    return lambda items: (items[key],)
