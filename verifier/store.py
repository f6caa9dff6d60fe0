"""Where known shapes are kept: bounded in number and bytes, found by a piece of their text.

A badge is looked up by the beginning of its achievement, which all badges of a definition share and badges of others do
not: by its address, as a rule. That only finds candidates, which then compare every byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from openbadge.errors import InvalidError
from openbadge.shape_build import ShapeError
from verifier.known_shape import KnownShape, full_hash

MARK: Final = '"achievement"'
_MARK: Final = MARK.encode()
WINDOW: Final = 160
"""Bytes that a badge is looked up by, from the mark on: enough for the address of an achievement."""
MAX_VARIANTS: Final = 8
"""Shapes of one definition: with and without an end date, evidence, some results …; the rest go the full way."""
WEIGHT: Final = 128
"""Bytes of memory for each byte of a shape's text. Measured: 30 for a text of 33 KB, 80 for one of 3 KB with plans for
24 orders of its blank nodes and addresses; there may be some more."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many shapes are kept in all and for one issuer, in how many bytes, and how many valid badges it takes.

    A compile costs as much as a hundred verifications. So issuers whom anyone can invent can at most double the work
    that they cause anyway.
    """

    shapes: int
    per_issuer: int
    bytes: int
    sightings: int


VOUCHED: Final = Allowance(shapes=512, per_issuer=128, bytes=128 * 1024 * 1024, sightings=2)
STRANGERS: Final = Allowance(shapes=128, per_issuer=8, bytes=48 * 1024 * 1024, sightings=100)


class Known(NamedTuple):
    """A badge of known shape: the shape, and the terms in its slots."""

    shape: KnownShape
    terms: tuple[bytes, ...]

    def is_what_pyld_says(self, document: Mapping[str, Any]) -> bool:
        """Say whether pyld finds the document in normal form, and the same signed in it."""
        try:
            return self.shape.hashed(self.terms) == full_hash(document, self.shape.facts.suite)
        except InvalidError:
            return False


Found = dict[bytes, tuple[KnownShape, ...]]
"""Shapes by what their badges are looked up by."""


def window(data: bytes) -> bytes:
    """Return what a badge is looked up by."""
    start = data.find(_MARK)
    return data[start : start + WINDOW]


class Store:
    """The shapes of issuers of one kind, listed in `found`; what was not used for longest goes first.

    The caller locks what changes it.
    """

    def __init__(self, allowance: Allowance, found: Found) -> None:
        self.allowance = allowance
        self._shapes: dict[bytes, KnownShape] = {}
        self._found = found
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._shapes)

    def __contains__(self, digest: bytes) -> bool:
        return digest in self._shapes

    def add(self, shape: KnownShape) -> None:
        """Keep a shape, and leave out what there is no room for. Raises `ShapeError` for one that cannot be found."""
        key, size = _key(shape), _weight(shape)
        if size > self.allowance.bytes:
            raise ShapeError("it is larger than the room for all")
        alike = [kept for kept in self._shapes.values() if _key(kept) == key]
        own = [kept for kept in self._shapes.values() if kept.facts.issuer == shape.facts.issuer]
        if len(alike) >= MAX_VARIANTS:
            self._remove(alike)
        elif len(own) >= self.allowance.per_issuer:
            self._remove(own)
        while len(self._shapes) >= self.allowance.shapes or self._bytes + size > self.allowance.bytes:
            self._remove(self._shapes.values())
        self._shapes[shape.layout.digest] = shape
        self._found[key] = (*self._found.get(key, ()), shape)
        self._bytes += size

    def clear(self) -> None:
        """Forget all shapes."""
        while self._shapes:
            self._remove(self._shapes.values())

    def _remove(self, shapes: Iterable[KnownShape]) -> None:
        """Leave out that one of `shapes` that was not used for longest."""
        shape = min(shapes, key=lambda kept: kept.used)
        del self._shapes[shape.layout.digest]
        key = _key(shape)
        self._found[key] = tuple(kept for kept in self._found[key] if kept is not shape)
        if not self._found[key]:
            del self._found[key]
        self._bytes -= _weight(shape)


def _key(shape: KnownShape) -> bytes:
    """What badges of a shape are looked up by: constant bytes, so that all of them have it."""
    piece = next((piece for piece in shape.layout.constants if _MARK in piece), b"")
    key = window(piece)
    if len(key) < WINDOW:
        raise ShapeError("its achievement begins with texts that differ")
    return key


def _weight(shape: KnownShape) -> int:
    return WEIGHT * sum(map(len, shape.layout.constants))
