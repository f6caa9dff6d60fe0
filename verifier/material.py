"""Everything that must be fetched for a verification, fetched before the first check and frozen.

After this the checks are pure: the same material gives the same report, and no check can cause a request. What could
not be fetched is kept as the error, so that the check which needs it stays unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from openbadge import did, vocabulary
from openbadge.errors import InvalidError, UnavailableError
from verifier.failure import log_failure
from verifier.fetch import DOCUMENT_LIMIT, STATUS_LIST_LIMIT, Fetch, Fetched
from verifier.parse import Presented
from verifier.report import Source

MAX_FETCHES: Final = 5
"""Requests that one credential may cause: its issuer's keys, its status list, and three for endorsements."""
MAX_STATUSES: Final = 4
"""Status entries of one credential: revocation, suspension and room for two more."""
MAX_ENDORSEMENTS: Final = 10
"""Embedded endorsements of one credential that are looked at."""

_NOT_DATA: Final = ("text/html", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml")
"""Media types of pages: an answer of this kind is a login or error page, whatever its status says."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing to fetch: its `url`, the media type to ask for, and the limit in bytes."""

    url: str
    accept: str
    limit: int


@dataclass(frozen=True, slots=True)
class Material:
    """The answers by URL, each what was fetched or why it could not be."""

    answers: Mapping[str, Fetched | UnavailableError]

    def get(self, url: str) -> Fetched:
        """Return what `url` answered; raises the `UnavailableError` that was met, or FETCH_FAILED if never asked."""
        answer = self.answers.get(url)
        if answer is None:
            raise UnavailableError("FETCH_FAILED", f"The address {url[:200]} was not asked.")
        if isinstance(answer, UnavailableError):
            raise UnavailableError(answer.code, answer.detail)
        return answer

    def sources(self) -> tuple[Source, ...]:
        """Return what was asked, for the report."""
        return tuple(_source(url, answer) for url, answer in self.answers.items())


def gather(presented: Presented, fetch: Fetch) -> Material:
    """Fetch all that the checks of `presented` may need, at the same time, at most `MAX_FETCHES` things.

    Never raises. The document is not believed here: whatever it names goes through the guard of `fetch`.
    """
    found = list({wanted.url: wanted for wanted in wanted_by(presented.document)}.values())
    asked, left = found[:MAX_FETCHES], found[MAX_FETCHES:]
    with ThreadPoolExecutor(max_workers=MAX_FETCHES) as pool:
        answers = dict(
            zip((item.url for item in asked), pool.map(lambda item: _answer(item, fetch), asked), strict=True)
        )
    too_many = UnavailableError("LIMIT_EXCEEDED", f"One credential may ask for {MAX_FETCHES} documents at most.")
    return Material(MappingProxyType(answers | {item.url: too_many for item in left}))


def wanted_by(document: Mapping[str, Any]) -> Iterator[Wanted]:
    """Yield what a document names, in the order of importance: keys, status lists, then those of endorsements."""
    yield from _wanted_by_credential(document)
    for endorsement in endorsements(document):
        yield from _wanted_by_credential(endorsement)


def endorsements(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the first endorsements embedded in a credential, its issuer and its achievement (not yet believed)."""
    issuer = document.get("issuer")
    achievement = [part.get("achievement") for part in _objects(document.get("credentialSubject"))]
    holders = [document, issuer, *achievement]
    found = [item for holder in holders for part in _objects(holder) for item in _objects(part.get("endorsement"))]
    return found[:MAX_ENDORSEMENTS]


def issuer_id(document: Mapping[str, Any]) -> str:
    """Return who the document says issued it; raises `InvalidError` MALFORMED_VALUE_ERROR if it does not say."""
    issuer = document.get("issuer")
    name = issuer.get("id") if isinstance(issuer, dict) else issuer
    if not isinstance(name, str) or not name:
        raise InvalidError("MALFORMED_VALUE_ERROR", "The credential does not say who issued it (issuer.id).")
    return name


def controller_url(issuer: str) -> str | None:
    """Return where the key document of `issuer` is published, or None if the identifier itself is the key.

    Raises `InvalidError` INVALID_VERIFICATION_METHOD_URL for an identifier that cannot be resolved.
    """
    if issuer.startswith("did:key:"):
        return None
    if issuer.startswith("https://"):
        return issuer
    return did.did_web_url(issuer)


def _wanted_by_credential(document: Mapping[str, Any]) -> Iterator[Wanted]:
    try:
        url = controller_url(issuer_id(document))
    except InvalidError:  # the check that needs it meets the same error and reports it
        url = None
    if url is not None:
        yield Wanted(url, vocabulary.MEDIA_DID, DOCUMENT_LIMIT)
    for entry in _objects(document.get("credentialStatus"))[:MAX_STATUSES]:
        if isinstance(entry.get("statusListCredential"), str):
            yield Wanted(entry["statusListCredential"], vocabulary.MEDIA_VC, STATUS_LIST_LIMIT)


def _answer(wanted: Wanted, fetch: Fetch) -> Fetched | UnavailableError:
    try:
        fetched = fetch.fetch(wanted.url, wanted.accept, limit=wanted.limit)
    except UnavailableError as error:
        return error
    except Exception as error:
        log_failure("fetch", error)
        return UnavailableError("FETCH_FAILED", "Something needed could not be fetched, for a reason of our own.")
    if fetched.media_type in _NOT_DATA:
        return UnavailableError("UNSUPPORTED_FORMAT", f"The address {wanted.url[:200]} answered with a page, not data.")
    return fetched


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, dict)]


def _source(url: str, answer: Fetched | UnavailableError) -> Source:
    if isinstance(answer, UnavailableError):
        return Source(url, None, answer.code)
    return Source(url, answer.at, "fetched")
