"""Lists that a platform hands out in pages: read to their end, or not believed at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from issuer.lms.errors import SourceError

MAX_PAGES: Final = 400
"""Pages of one list: 20,000 people at the fifty that platforms give at a time, more than any course has."""


@dataclass(slots=True)
class Pages:
    """The pages of one list that were asked for. Half a list must not pass for a whole."""

    _seen: set[str] = field(default_factory=set)

    def add(self, page: str) -> None:
        """Take notice of the next page, by its address or number.

        Raises `SourceError` for one that was read already, and for one too many.
        """
        if page in self._seen:
            raise SourceError("The pages of a list lead back to one that was read already.", "pages")
        if len(self._seen) == MAX_PAGES:
            raise SourceError(f"A list has more than {MAX_PAGES} pages.", "pages")
        self._seen.add(page)
