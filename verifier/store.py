"""Where known shapes are kept: bounded in number and bytes, found by a piece of their text.

A badge is looked up by the digest of the pinned vocabularies and the beginning of its achievement, which all badges of
a definition share and badges of others do not: by its address, as a rule. That only finds candidates, which then
compare every byte.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from openbadge import contexts
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

Key = tuple[str, bytes]


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


def window(data: bytes) -> Key:
    """Return what a badge is looked up by."""
    start = data.find(_MARK)
    return contexts.contexts().digest, data[start : start + WINDOW]


class Store:
    """The shapes of issuers of one kind; what was not used for longest goes first. The caller locks what changes it."""

    def __init__(self, allowance: Allowance) -> None:
        self.allowance = allowance
        self._shapes: OrderedDict[bytes, KnownShape] = OrderedDict()
        self._found: dict[Key, tuple[KnownShape, ...]] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._shapes)

    def __contains__(self, digest: bytes) -> bool:
        return digest in self._shapes

    def candidates(self, key: Key) -> Sequence[KnownShape]:
        """Return the shapes that a badge may have."""
        return self._found.get(key, ())

    def use(self, shape: KnownShape) -> None:
        """Note that a shape was of use. Needs no lock."""
        try:
            self._shapes.move_to_end(shape.layout.digest)
        except KeyError:  # it has just been left out
            return

    def add(self, shape: KnownShape) -> None:
        """Keep a shape, and leave out what there is no room for. Raises `ShapeError` for one that cannot be found."""
        key, size = _key(shape), _weight(shape)
        if size > self.allowance.bytes:
            raise ShapeError("it is larger than the room for all")
        alike = self._found.get(key, ())
        own = [kept for kept in self._shapes.values() if kept.facts.issuer == shape.facts.issuer]
        if len(alike) >= MAX_VARIANTS:
            self._remove(next(kept for kept in self._shapes.values() if kept in alike))
        elif len(own) >= self.allowance.per_issuer:
            self._remove(own[0])
        while len(self._shapes) >= self.allowance.shapes or self._bytes + size > self.allowance.bytes:
            self._remove(next(iter(self._shapes.values())))
        self._shapes[shape.layout.digest] = shape
        self._found[key] = (*self._found.get(key, ()), shape)
        self._bytes += size

    def clear(self) -> None:
        """Forget all shapes."""
        self._shapes.clear()
        self._found.clear()
        self._bytes = 0

    def _remove(self, shape: KnownShape) -> None:
        del self._shapes[shape.layout.digest]
        key = _key(shape)
        rest = tuple(kept for kept in self._found[key] if kept is not shape)
        if rest:
            self._found[key] = rest
        else:
            del self._found[key]
        self._bytes -= _weight(shape)


def _key(shape: KnownShape) -> Key:
    """What badges of a shape are looked up by: constant bytes, so that all of them have it."""
    piece = next((piece for piece in shape.layout.constants if _MARK in piece), b"")
    key = window(piece)
    if len(key[1]) < WINDOW:
        raise ShapeError("its achievement begins with texts that differ")
    return key


def _weight(shape: KnownShape) -> int:
    return WEIGHT * sum(map(len, shape.layout.constants))
