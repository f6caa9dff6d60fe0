"""What this installation published, answered from its own store: the service does not call itself over the network.

Without this, an installation on the own machine could not be checked at all, because the guard of the verifier
refuses loopback addresses; and a busy server would wait for itself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from issuer.addresses import is_loopback
from issuer.errors import IssuerError
from issuer.service import Service
from openbadge import did, strict_json
from openbadge.errors import UnavailableError
from openbadge.vocabulary import MEDIA_DID, MEDIA_VC
from verifier.fetch import DOCUMENT_LIMIT, Fetched


class OwnDocuments:
    """A source for `ChainFetch` that decides about every address of this installation."""

    def __init__(self, service: Service, clock: Callable[[], datetime]) -> None:
        self._service = service
        self._clock = clock
        self._did_url = did.did_web_url(service.institution.did)
        self._base = service.addresses.base_url

    def answers(self, url: str) -> bool:
        """Return whether `url` is an address of this installation."""
        return url == self._did_url or self._path(url) is not None

    def answers_at_once(self, url: str) -> bool:
        """Return True for every address of this installation: the store is here."""
        return self.answers(url)

    def fetch(self, url: str, accept: str, *, limit: int = DOCUMENT_LIMIT) -> Fetched:
        """Return the DID document, a status list or a credential. Raises `UnavailableError` FETCH_FAILED."""
        media_type, body = self._document(url)
        if len(body) > limit:
            raise UnavailableError("LIMIT_EXCEEDED", f"The document at {url[:200]} is larger than {limit:,} bytes.")
        return Fetched(url, media_type, body, self._clock())

    def _document(self, url: str) -> tuple[str, bytes]:
        if url == self._did_url:
            return MEDIA_DID, strict_json.dumps(self._service.signing.did_document())
        kind, _, name = (self._path(url) or "").strip("/").partition("/")
        try:
            if kind == "status":
                return MEDIA_VC, self._service.status_lists.current(UUID(name))
            if kind == "credentials":
                return self._credential(name)
        except (IssuerError, ValueError) as error:
            raise UnavailableError("FETCH_FAILED", f"The address {url[:200]} gives nothing.") from error
        raise UnavailableError("FETCH_FAILED", f"There is nothing at {url[:200]}.")

    def _credential(self, name: str) -> tuple[str, bytes]:
        stored = self._service.credential(name.removesuffix(".json"))
        if stored is None:
            raise ValueError("no such credential")
        return MEDIA_VC, stored.document

    def _path(self, url: str) -> str | None:
        """The path of an own address, or None. On the own machine the port may have been another one before."""
        if url.startswith(f"{self._base}/"):
            return url.removeprefix(self._base)
        try:
            parts, base = urlsplit(url), urlsplit(self._base)
            own = parts.scheme in ("http", "https") and is_loopback(parts.hostname) and is_loopback(base.hostname)
        except ValueError:
            return None
        return parts.path.removeprefix(base.path) if own else None
