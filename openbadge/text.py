"""Constant bytes with holes in them: what remains of a document when all that never changes has been worked out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter


class Text:
    """Pieces of constant bytes, and the numbers of the terms that stand between them. Immutable."""

    __slots__ = ("_parts", "_pick", "holes", "pieces")

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
        self._pick = _picker(self.holes)
        self._parts = [piece for pair in zip(pieces, [b""] * len(pieces), strict=True) for piece in pair][:-1]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Text) and (self.pieces, self.holes) == (other.pieces, other.holes)

    def __hash__(self) -> int:
        return hash((self.pieces, self.holes))

    def parts(self, terms: Sequence[bytes]) -> list[bytes]:
        """Return the pieces with the terms between them, as a list of the caller's own."""
        parts = self._parts.copy()
        parts[1::2] = self._pick(terms)
        return parts

    def fill(self, terms: Sequence[bytes]) -> bytes:
        """Return the bytes with the terms in their holes."""
        return b"".join(self.parts(terms))


def _picker(numbers: tuple[int, ...]) -> Callable[[Sequence[bytes]], Sequence[bytes]]:
    if len(numbers) > 1:
        return itemgetter(*numbers)
    if not numbers:
        return lambda _: ()
    (number,) = numbers
    return lambda terms: (terms[number],)
