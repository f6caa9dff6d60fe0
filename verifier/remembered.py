"""Status lists whose signature has been verified: one list serves all badges of an issuer for as long as it is current.

What is remembered is that exactly these bytes are a document in normal form, and that this signature in them is right
under exactly that key. Whose key it is, whether it is still in use, the issuer, the address and all dates are checked
each time. A list that has changed in one byte is another list.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from openbadge.multikey import PublicKey
from openbadge.proof import vc_jwt
from openbadge.proof.model import Hashed

MAX_BODY: Final = 256 * 1024
"""Bytes of a list that is remembered: one of a million entries with a twentieth of them set."""
MAX_BYTES: Final = 32 * 1024 * 1024
"""Bytes of all lists that are remembered, each counted with `WEIGHT`; what was not used for longest goes first."""
WEIGHT: Final = 5
"""Bytes of memory for each byte of a list, beside its bits: its text as bytes, in the document, and expanded."""


@dataclass(frozen=True, slots=True, eq=False)
class ReadList:
    """A list as it was read from its bytes: in normal form, `hashed` giving what its proofs sign.

    `verified` holds signatures (by their number) that were right, each with the key under which they were; `bits` the
    decoded list by what it was decoded as.
    """

    document: Mapping[str, Any]
    token: vc_jwt.Token | None
    hashed: Hashed | None
    verified: set[tuple[int, PublicKey]] = field(default_factory=set)
    bits: dict[tuple[str, int], bytes] = field(default_factory=dict)

    def size(self, body: bytes) -> int:
        """Return how many bytes of memory it takes, about."""
        return WEIGHT * len(body) + sum(map(len, self.bits.values()))


class Lists:
    """The memory; safe to use from threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lists: OrderedDict[bytes, ReadList] = OrderedDict()
        self._sizes: dict[bytes, int] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._lists)

    def get(self, body: bytes) -> ReadList | None:
        """Return what is known of a list of exactly these bytes."""
        with self._lock:
            found = self._lists.get(body)
            if found is not None:
                self._lists.move_to_end(body)
            return found

    def keep(self, body: bytes, read: ReadList) -> None:
        """Remember a list that was verified, in all that was found out about it; a large one is not."""
        if len(body) > MAX_BODY:
            return
        with self._lock:
            self._bytes += read.size(body) - (self._sizes.get(body, 0))
            self._sizes[body] = read.size(body)
            self._lists[body] = read
            while self._bytes > MAX_BYTES:
                left, _ = self._lists.popitem(last=False)
                self._bytes -= self._sizes.pop(left)
