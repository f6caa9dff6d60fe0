"""The shapes that this verifier has met: badges of one definition differ in a few texts, so they are compiled once.

A badge of a known shape is recognised by its bytes, and needs no JSON reader and no JSON-LD to be verified. The cache
answers what is signed, never a verdict. Why what it answers is sound:

1. One JSON reader: a layout is taken from a text that `strict_json` has accepted, and only texts that it reads the same
   way match; a text with escapes is asked of it (`layout`).
2. Slots are only where the compile has proven that a text is a whole literal or a whole address (`shape_build`).
3. Each slot has a strict grammar; any other text goes the full way (`layout`, `plain.address`).
4. The key holds the digest of all pinned vocabularies, and every byte of the badge outside of its slots is compared.
5. A shape is admitted only after the full way has found badges of it valid, key and issuer included, and after the
   compiled form has proven itself on hostile texts, against pyld alone. The cache is bounded.
6. Schema, data model, status, dates, policy and the issuer's key are always checked on the actual badge.
7. Only success is taken from here: whatever else comes out, everything is checked again without the cache before
   anyone says so; and one in `SAMPLE_EVERY` successes is compared with the full way and with pyld. A difference is an
   alarm and ends the use of the cache.
8. Both ways verify the signature with the same function under the same key (`ed25519`, `PublicKey.verify`).

The normal form is a property of a shape. It depends on the constant bytes and on four things about the texts in slots:
that they are texts (their quotes are constant bytes); that addresses stay what they are when expanded and compacted
(the grammar leaves out relative ones, terms, and whatever a prefix could shorten; the proof runs the normal form for
each scheme); that no two parts of the document have one name (checked on each badge); and that texts come back as they
went in (JSON-LD changes none of a literal). Limits count parts, which are constant.

What strangers can do. Only valid badges count. A shape is compiled after some of them, later, by one worker with a
queue of one: what comes while it works is forgotten, and what could not be compiled is not tried again. Issuers that
nobody vouches for share a store of their own: filling it slows nobody but them.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Final

from openbadge import contexts
from openbadge.errors import OpenBadgeError
from openbadge.shape_build import ShapeError
from verifier.failure import log_failure
from verifier.known_shape import PLACES, compile_shape, suite_of_known
from verifier.layout import lay_out
from verifier.store import MARK, STRANGERS, VOUCHED, Found, Known, Store, window

__all__ = ["SAMPLE_EVERY", "STRANGERS", "VOUCHED", "Known", "Shapes"]

MAX_TEXT: Final = 64 * 1024
"""Bytes of a badge that is looked up: a rich one has 12,000."""
MAX_SIGHTED: Final = 4_096
"""Spellings (as digests) that have been seen, but not often enough to be compiled."""
SAMPLE_EVERY: Final = 1_000
"""One success in so many is compared with the full way, which costs fifty times as much."""
_REFUSED: Final = -1
"""Stands for the number of sightings of what could not be compiled."""
_LOG = logging.getLogger("verifier")

Work = Callable[[], None]


class Shapes:
    """The cache; safe to use from threads.

    `later` is called with the work of compiling, so that it is done after answering (`ThreadPoolExecutor(1).submit`,
    say); by default it is done at once, in the thread of the verification that gave the reason.
    """

    def __init__(self, later: Callable[[Work], object] = lambda work: work()) -> None:
        self._later = later
        self._lock = threading.Lock()
        self._found: Found = {}
        self._stores = {True: Store(VOUCHED, self._found), False: Store(STRANGERS, self._found)}
        self._digest = contexts.contexts().digest
        self._uses = 0
        self._sighted: OrderedDict[bytes, int] = OrderedDict()
        self._busy = False
        self._closed = False
        self._successes = 0

    def __len__(self) -> int:
        return sum(len(store) for store in self._stores.values())

    def find(self, data: bytes) -> Known | None:
        """Return the shape of a badge and the terms in its slots, or None when its shape is not known.

        `data` is believed in nothing. A hit says how it is spelled, and by whom it claims to be; not that it is signed.
        """
        shapes = self._found.get(window(data))
        if shapes is None or len(data) > MAX_TEXT or not (data.isascii() or _is_utf8(data)):
            return None
        if contexts.contexts().digest != self._digest:
            return None
        for shape in shapes:
            terms = shape.match(data)
            if terms is not None:
                self._uses += 1
                shape.used = self._uses
                return Known(shape, terms)
        return None

    def sighted(self, document: Mapping[str, Any], text: str, *, vouched: bool) -> None:
        """Take notice of a badge that the full way has found valid; `vouched` if a trust source knows the issuer.

        `document` is what `strict_json` makes of `text`. What follows from it is done by `later`, one at a time.
        """
        if len(text) > MAX_TEXT or MARK not in text or suite_of_known(document) is None:
            return
        with self._lock:
            if self._busy or self._closed:
                return
            self._busy = True
        self._later(lambda: self._learn(document, text, self._stores[vouched]))

    def is_sample(self) -> bool:
        """Count a success that rests on a known shape; say of every `SAMPLE_EVERY`th that it shall be compared."""
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
                store.clear()

    def _learn(self, document: Mapping[str, Any], text: str, store: Store) -> None:
        try:
            digest = lay_out(text, PLACES).digest
            if self._is_worth_it(digest, store):
                self._admit(document, text, digest, store)
        except Exception as error:
            log_failure("shape", error)
        finally:
            with self._lock:
                self._busy = False

    def _is_worth_it(self, digest: bytes, store: Store) -> bool:
        """Count a sighting; say whether it is the one that makes a shape worth its compile."""
        with self._lock:
            count = self._sighted.pop(digest, 0)
            if count != _REFUSED:
                count = (count + 1) % store.allowance.sightings
            self._sighted[digest] = count
            if len(self._sighted) > MAX_SIGHTED:
                self._sighted.popitem(last=False)
            return count == 0 and digest not in store

    def _admit(self, document: Mapping[str, Any], text: str, digest: bytes, store: Store) -> None:
        try:
            shape = compile_shape(document, text)
            with self._lock:
                if not self._closed:
                    store.add(shape)
        except (ShapeError, OpenBadgeError):  # an ordinary thing: such badges go the full way
            with self._lock:
                self._sighted[digest] = _REFUSED


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
