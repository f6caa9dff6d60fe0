"""Several sources in a row: the first that answers for an address decides about it, also when it fails."""

from __future__ import annotations

from collections.abc import Sequence

from openbadge.errors import UnavailableError
from verifier.fetch.base import DOCUMENT_LIMIT, AtOnce, Fetched, Source


class ChainFetch:
    """Asks the first of `sources` whose `answers(url)` is true, and no other."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = tuple(sources)

    def answers(self, url: str) -> bool:
        """Return whether any of the sources answers for `url`."""
        return any(source.answers(url) for source in self._sources)

    def answers_at_once(self, url: str) -> bool:
        """Return whether the source that decides about `url` needs no connection for that."""
        source = next((source for source in self._sources if source.answers(url)), None)
        return source is None or (isinstance(source, AtOnce) and source.answers_at_once(url))

    def fetch(self, url: str, accept: str, *, limit: int = DOCUMENT_LIMIT) -> Fetched:
        """Return what the deciding source answers; its errors pass through.

        Raises `UnavailableError` FETCH_FAILED when no source answers for `url`.
        """
        for source in self._sources:
            if source.answers(url):
                return source.fetch(url, accept, limit=limit)
        raise UnavailableError("FETCH_FAILED", f"There is no source for {url[:200]}.")
