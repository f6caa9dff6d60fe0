"""The pinned JSON-LD contexts and JSON Schemas: the only reader of the folder `contexts/`.

A URL that is not listed is refused, and so is a file whose bytes differ from its SHA-256 pin. Nothing is ever
fetched. VC Data Integrity 1.0 section 2.4 "Contexts and Vocabularies" asks for exactly this.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from openbadge.errors import InvalidError


class ContextFileError(RuntimeError):
    """A vendored file is missing or differs from its pin: a broken installation, never the sender's fault."""


def _folder() -> Path:
    here = Path(__file__).resolve().parent
    packaged = here / "_contexts"
    return packaged if packaged.is_dir() else here.parent / "contexts"


class PinnedFiles:
    """JSON documents by URL, each checked against its SHA-256 when first read.

    `entries` are rows of `index.json` with `url`, `file` and `sha256`; `folder` holds the files.
    """

    def __init__(self, folder: Path, entries: Iterable[Mapping[str, Any]]) -> None:
        self._folder = folder
        self._entries = {entry["url"]: entry for entry in entries}
        self._documents: dict[str, Any] = {}
        rows = sorted(f"{url} {entry['sha256']}\n" for url, entry in self._entries.items())
        self.digest: Final = hashlib.sha256("".join(rows).encode()).hexdigest()
        """SHA-256 (hex) over all URLs and pins: changes whenever the set of files does."""

    @property
    def urls(self) -> frozenset[str]:
        """The exact URLs that can be asked for."""
        return frozenset(self._entries)

    def document(self, url: str) -> Any:
        """Return the parsed JSON of `url`; treat it as read-only.

        Raises `InvalidError` CONTEXT_NOT_ALLOWED for a URL that is not pinned (exact string comparison, so another
        scheme, case, fragment or trailing slash is another URL), `ContextFileError` for a file that differs.
        """
        if url not in self._documents:
            self._documents[url] = json.loads(self.data(url))
        return self._documents[url]

    def data(self, url: str) -> bytes:
        """Return the pinned bytes of `url`; errors as for `document`."""
        entry = self._entries.get(url)
        if entry is None:
            raise InvalidError("CONTEXT_NOT_ALLOWED", f"The vocabulary {url[:200]!r} is not one that we know.")
        path: Path = self._folder / entry["file"]
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ContextFileError(f"{entry['file']} is missing from {self._folder}") from error
        if hashlib.sha256(data).hexdigest() != entry["sha256"]:
            raise ContextFileError(f"{entry['file']} differs from its pin; run `make contexts` and review the change")
        return data


@cache
def _index() -> Mapping[str, PinnedFiles]:
    folder = _folder()
    try:
        index = json.loads((folder / "index.json").read_bytes())
    except OSError as error:
        raise ContextFileError(f"{folder / 'index.json'} is missing") from error
    return MappingProxyType({kind: PinnedFiles(folder, index[kind]) for kind in ("contexts", "schemas")})


def contexts() -> PinnedFiles:
    """Return the pinned JSON-LD contexts."""
    return _index()["contexts"]


def schemas() -> PinnedFiles:
    """Return the pinned JSON Schemas."""
    return _index()["schemas"]


def document(url: str) -> Any:
    """Return the JSON-LD context document pinned for `url`; errors as for `PinnedFiles.document`."""
    return contexts().document(url)


def schema(url: str) -> Any:
    """Return the JSON Schema pinned for `url`; errors as for `PinnedFiles.document`."""
    return schemas().document(url)
