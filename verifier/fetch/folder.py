"""Answers from a folder instead of the network: `index.json` says which file stands for which address.

    {"https://example.org/.well-known/did.json": {"file": "did.json", "mediaType": "application/did+ld+json"}}

With such a folder a credential can be checked years later, or in a room without network.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from openbadge import strict_json
from openbadge.errors import InvalidError, UnavailableError
from verifier.fetch.base import DOCUMENT_LIMIT, Fetched

INDEX: Final = "index.json"
INDEX_LIMIT: Final = 1024 * 1024
"""Bytes of the index: several thousand addresses."""


class FolderFetch:
    """Answers the addresses that `directory/index.json` lists, each from a file inside `directory`.

    The time of an answer is the time at which its file was last written. Raises `InvalidError` PARSING_ERROR
    or MALFORMED_VALUE_ERROR when the folder has no index, or the index is not the object described above.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory.resolve()
        self._entries = _read_index(self._directory / INDEX)

    def answers(self, url: str) -> bool:
        """Return whether the index lists `url`."""
        return url in self._entries

    def answers_at_once(self, url: str) -> bool:
        """Return True: everything is on the disk."""
        return True

    def fetch(self, url: str, accept: str, *, limit: int = DOCUMENT_LIMIT) -> Fetched:
        """Return the file that stands for `url`.

        Raises `UnavailableError` FETCH_FAILED (not listed, outside the folder, not readable) or
        LIMIT_EXCEEDED.
        """
        if url not in self._entries:
            raise UnavailableError("FETCH_FAILED", f"The address {url[:200]} is not in the material folder.")
        name, media_type = self._entries[url]
        path = self._inside(name)
        try:
            with path.open("rb") as file:
                body = file.read(limit + 1)
            at = datetime.fromtimestamp(int(path.stat().st_mtime), UTC)
        except OSError as error:
            reason = error.strerror or "it cannot be read"
            raise UnavailableError("FETCH_FAILED", f"The material file {name!r}: {reason}.") from None
        if len(body) > limit:
            raise UnavailableError("LIMIT_EXCEEDED", f"The material file {name!r} is larger than {limit:,} bytes.")
        return Fetched(url, media_type, body, at)

    def _inside(self, name: str) -> Path:
        path = (self._directory / name).resolve()
        if not path.is_relative_to(self._directory):
            raise UnavailableError("FETCH_FAILED", f"The material file {name!r} lies outside the folder.")
        return path


def _read_index(path: Path) -> Mapping[str, tuple[str, str]]:
    try:
        with path.open("rb") as file:
            data = file.read(INDEX_LIMIT + 1)
    except OSError:
        raise InvalidError("PARSING_ERROR", f"The material folder has no readable {INDEX}.") from None
    return {url: _entry(url, value) for url, value in strict_json.loads(data, limit=INDEX_LIMIT).items()}


def _entry(url: str, value: Any) -> tuple[str, str]:
    if isinstance(value, dict) and set(value) == {"file", "mediaType"}:
        name, media_type = value["file"], value["mediaType"]
        if isinstance(name, str) and isinstance(media_type, str):
            return name, media_type.lower()
    raise InvalidError(
        "MALFORMED_VALUE_ERROR",
        f'In the material index, {url[:200]!r} needs {{"file": "…", "mediaType": "…"}}.',
    )
