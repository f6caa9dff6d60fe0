"""What a fetch takes and returns; nothing here touches the network."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol, runtime_checkable

DOCUMENT_LIMIT: Final = 256 * 1024
"""Bytes of a fetched document after decoding: a hundred times a DID document with ten keys."""
STATUS_LIST_LIMIT: Final = 2 * 1024 * 1024
"""Bytes of a status list credential: a list of ten million entries with a tenth of them revoked still fits.
"""


@dataclass(frozen=True, slots=True)
class Fetched:
    """One answer: the `url` that was asked, the `media_type` in lower case without parameters (empty when
    none was given), the decoded `body`, and the time `at` which it was had (aware, UTC).
    """

    url: str
    media_type: str
    body: bytes
    at: datetime


class Fetch(Protocol):
    """Gets one document by its address."""

    def fetch(self, url: str, accept: str, *, limit: int = DOCUMENT_LIMIT) -> Fetched:
        """Return what `url` answers, at most `limit` bytes; `accept` is the media type to ask for.

        Raises `UnavailableError` FETCH_FAILED, FETCH_BLOCKED or LIMIT_EXCEEDED, and nothing else.
        """
        ...


@runtime_checkable
class AtOnce(Protocol):
    """A fetch that has some answers by itself, so that nobody needs to wait for them in a thread of its own."""

    def answers_at_once(self, url: str) -> bool:
        """Return whether `fetch` answers for `url`, or refuses it, without a connection."""
        ...


class Source(Fetch, Protocol):
    """A fetch that says beforehand for which addresses it is the one to ask."""

    def answers(self, url: str) -> bool:
        """Return whether this source decides about `url`."""
        ...
