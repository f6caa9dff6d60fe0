"""The shapes that this verifier has met: badges of one definition differ in a few texts, so they are compiled once.

The cache answers canonical bytes, never a verdict. Why what it answers is sound:

1. One JSON reader: both ways start from the same parsed document (`strict_json`).
2. Slots are only where the compile has proven that a text is a whole literal or a whole address (`shape_build`).
3. Each address is compared with a strict grammar; any other text goes the full way (`known_shape`).
4. The key holds the digest of all pinned vocabularies, and every byte of the document outside of its slots.
5. A shape is admitted only after the full way has found badges of it valid, key and issuer included, and after the
   compiled form has proven itself on hostile texts.
6. Schema, data model, dates, status, key and issuer are always checked on the actual document.
7. When a signature does not fit known bytes, everything is checked again without them before anyone says so; and one
   in `SAMPLE_EVERY` successes is compared with the full way: a difference is an alarm and ends the use of the cache.
8. Both ways verify the signature with the same function under the same key.

The normal form is taken over for a known shape, too. Its answer depends on the skeleton and on four things about the
texts in slots: that they are texts (the skeleton fixes it); that addresses stay what they are when expanded and
compacted (the grammar leaves out relative ones, terms, and whatever a prefix could shorten; the proof runs the normal
form for each scheme); that no two parts of the document have one name (checked on each document); and that texts
come back as they went in (JSON-LD changes none of a literal). Limits count parts, which the skeleton fixes.

What strangers can do. Only valid badges count, a shape is compiled after some of them, at most one compile waits, and
issuers that nobody vouches for share a store of their own: filling it slows nobody but them.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from openbadge import contexts
from openbadge.errors import OpenBadgeError
from openbadge.proof.model import Canonical
from openbadge.shape_build import ShapeError
from verifier.failure import log_failure
from verifier.known_shape import KnownShape, compile_shape, suite_of_known, take_apart

MAX_TEXT: Final = 64 * 1024
"""Characters of a badge that is looked up: a rich one has 12,000; the cache then holds 40 MB of skeletons at most."""
MAX_SIGHTED: Final = 4_096
"""Skeletons (as digests) that have been seen, but not often enough to be compiled."""
SAMPLE_EVERY: Final = 1_000
"""One success in so many is compared with the full way, which costs twenty times as much."""
_LOG = logging.getLogger("verifier")


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many shapes are kept in all and for one issuer, and how many valid badges of a shape it takes.

    A compile costs as much as about 15 verifications. So issuers whom anyone can invent can at most double the work
    that they cause anyway.
    """

    shapes: int
    per_issuer: int
    sightings: int


VOUCHED: Final = Allowance(shapes=512, per_issuer=128, sightings=2)
STRANGERS: Final = Allowance(shapes=128, per_issuer=8, sightings=16)


class _Store:
    """The shapes of issuers of one kind by skeleton; what was not used for longest goes first."""

    def __init__(self, allowance: Allowance) -> None:
        self.allowance = allowance
        self.shapes: OrderedDict[str, KnownShape] = OrderedDict()

    def get(self, skeleton: str) -> KnownShape | None:
        found = self.shapes.get(skeleton)
        if found is not None:
            self.shapes.move_to_end(skeleton)
        return found

    def add(self, skeleton: str, shape: KnownShape) -> None:
        own = [key for key, kept in self.shapes.items() if kept.issuer == shape.issuer]
        if len(own) >= self.allowance.per_issuer:
            del self.shapes[own[0]]
        elif len(self.shapes) >= self.allowance.shapes:
            self.shapes.popitem(last=False)
        self.shapes[skeleton] = shape


class Shapes:
    """The cache; safe to use from threads.

    `later` is called with the work of compiling, so that it is done after answering (`ThreadPoolExecutor(1).submit`,
    say); by default it is done at once, in the thread of the verification that gave the reason.
    """

    def __init__(self, later: Callable[[Callable[[], None]], object] = lambda work: work()) -> None:
        self._later = later
        self._lock = threading.Lock()
        self._stores = {True: _Store(VOUCHED), False: _Store(STRANGERS)}
        self._sighted: OrderedDict[bytes, int] = OrderedDict()
        self._compiling = False
        self._closed = False
        self._successes = 0

    def __len__(self) -> int:
        return sum(len(store.shapes) for store in self._stores.values())

    def canonical(self, document: Mapping[str, Any], text: str) -> Canonical | None:
        """Return the canonical bytes of a document and its proof, or None when its shape is not known.

        `document` is parsed from `text`; both are believed in nothing.
        """
        if len(text) > MAX_TEXT or not len(self):
            return None
        apart = take_apart(document)
        key = _key(apart.skeleton)
        with self._lock:
            found = self._stores[True].get(key) or self._stores[False].get(key)
        return None if found is None else found.canonical(apart.values)

    def sighted(self, document: Mapping[str, Any], text: str, issuer: str, *, vouched: bool) -> None:
        """Take notice of a badge that the full way has found valid; `vouched` if a trust source knows the issuer."""
        if len(text) > MAX_TEXT or suite_of_known(document) is None:
            return
        key = _key(take_apart(document).skeleton)
        if self._may_compile(key, self._stores[vouched]):
            self._later(lambda: self._admit(key, document, issuer, self._stores[vouched]))

    def is_sample(self) -> bool:
        """Count a success that rests on known bytes; say of every `SAMPLE_EVERY`th that it shall be compared."""
        with self._lock:
            self._successes += 1
            return self._successes % SAMPLE_EVERY == 0

    def alarm(self) -> None:
        """Forget everything and learn nothing more: the two ways have differed, which is a defect of ours."""
        _LOG.critical("known shape and full way differ: the shape cache is off until a restart; please report this")
        with self._lock:
            self._closed = True
            self._sighted.clear()
            for store in self._stores.values():
                store.shapes.clear()

    def _may_compile(self, key: str, store: _Store) -> bool:
        """Count a sighting; say whether it is the one that makes a shape worth its compile, and none is under way."""
        digest = sha256(key.encode()).digest()
        with self._lock:
            if self._closed or key in store.shapes:
                return False
            count = self._sighted.pop(digest, 0) + 1
            self._sighted[digest] = count
            if len(self._sighted) > MAX_SIGHTED:
                self._sighted.popitem(last=False)
            if self._compiling or count < store.allowance.sightings or count % store.allowance.sightings:
                return False
            self._compiling = True
            return True

    def _admit(self, key: str, document: Mapping[str, Any], issuer: str, store: _Store) -> None:
        try:
            shape = compile_shape(document, issuer)
        except (ShapeError, OpenBadgeError):
            shape = None  # an ordinary thing: this badge goes the full way
        except Exception as error:
            log_failure("shape", error)
            shape = None
        with self._lock:
            self._compiling = False
            if shape is not None and not self._closed:
                store.add(key, shape)


def _key(skeleton: str) -> str:
    return contexts.contexts().digest + skeleton
