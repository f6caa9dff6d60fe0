"""One row of the corpus of bad inputs as data: what to send, what the issuer publishes, and what must come out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.verifier.builders import INVALID, FakeFetch, badge, material
from verifier.fetch import Fetch
from verifier.report import Verdict

Published = Mapping[str, Any]
SIGNED = badge()


@dataclass(frozen=True)
class Row:
    """One input: `id` is that of the corpus, perhaps with a suffix; `code` is a problem that must be among those told
    (None: the credential is good); `fetch` answers what the verifier asks."""

    id: str
    data: bytes
    code: str | None
    verdict: Verdict = INVALID
    fetch: Callable[[], Fetch] = lambda: FakeFetch(material())
    recipient: str | None = None

    @property
    def corpus_id(self) -> str:
        return "-".join(self.id.split("-")[:2])


def answers(published: Published) -> Callable[[], Fetch]:
    return lambda: FakeFetch(dict(published))


def row(name: str, credential: Any, code: str | None, verdict: Verdict = INVALID, **more: Any) -> Row:
    """Return a row for a document, text or bytes; `published` replaces what the issuer publishes."""
    text = credential if isinstance(credential, str | bytes) else json.dumps(credential)
    published = more.pop("published", None)
    fetch = more.pop("fetch", None) or answers(material() if published is None else published)
    return Row(name, text if isinstance(text, bytes) else text.encode(), code, verdict, fetch, **more)
