"""Everything that must be fetched for a verification, fetched before the first check and frozen.

After this the checks are pure: the same material gives the same report, and no check can cause a request. What could
not be fetched is kept as the error, so that the check which needs it stays unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from openbadge import did, status_legacy, vocabulary
from openbadge.errors import InvalidError, OpenBadgeError, UnavailableError
from openbadge.proof import vc_jwt
from openbadge.proof.model import Hashed
from verifier.failure import log_failure
from verifier.fetch import DOCUMENT_LIMIT, STATUS_LIST_LIMIT, AtOnce, Fetch, Fetched
from verifier.parse import Presented, read_token
from verifier.report import Source

MAX_FETCHES: Final = 5
"""Requests that one credential may cause: its issuer's keys, its status list, and three for endorsements."""
ACCEPT_KEYS: Final = f"{vocabulary.MEDIA_DID}, {vocabulary.MEDIA_JSON};q=0.9"
"""What key documents are asked for: DID documents, and the profiles and JWKs that web servers know as JSON."""
ACCEPT_LIST: Final = f"{vocabulary.MEDIA_VC}, application/vc+jwt;q=0.9, {vocabulary.MEDIA_JSON};q=0.8"
"""What status lists are asked for: a credential in either form (Bitstring Status List 1.0, section 2.2)."""
MAX_STATUSES: Final = 4
"""Status entries of one credential: revocation, suspension and room for two more."""
MAX_ENDORSEMENTS: Final = 10
"""Embedded endorsements of one credential that are looked at."""

_HTTPS: Final = re.compile(r"https://([^/?#@\\\s]+)(?=[/?#]|$)")
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
    """The answers by URL, each what was fetched or why it could not be.

    `hashed` gives what proofs of the credential sign, once its form has been checked: the work was done for that.
    """

    answers: Mapping[str, Fetched | UnavailableError]
    hashed: Hashed | None = None

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
    found = list({wanted.url: wanted for wanted in wanted_by(presented.document, presented.token)}.values())
    asked, left = found[:MAX_FETCHES], found[MAX_FETCHES:]
    answers = dict(zip((item.url for item in asked), _answers(asked, fetch), strict=True))
    too_many = UnavailableError("LIMIT_EXCEEDED", f"One credential may ask for {MAX_FETCHES} documents at most.")
    return Material(MappingProxyType(answers | {item.url: too_many for item in left}))


def _answers(asked: list[Wanted], fetch: Fetch) -> list[Fetched | UnavailableError]:
    """Ask for several things at the same time; a thread costs more than an answer that is there already."""
    waiting = [item for item in asked if not (isinstance(fetch, AtOnce) and fetch.answers_at_once(item.url))]
    if len(waiting) < 2:
        return [_answer(item, fetch) for item in asked]
    with ThreadPoolExecutor(max_workers=MAX_FETCHES) as pool:
        return list(pool.map(lambda item: _answer(item, fetch), asked))


def wanted_by(document: Mapping[str, Any], token: vc_jwt.Token | None) -> Iterator[Wanted]:
    """Yield what a credential names, in the order of importance: keys, status lists, then those of endorsements."""
    yield from _wanted_by_credential(document, token)
    for part in endorsements(document)[:MAX_ENDORSEMENTS]:
        try:
            yield from _wanted_by_credential(*read_endorsement(part))
        except OpenBadgeError:  # the check of this endorsement meets the same error and reports it
            continue


def endorsements(document: Mapping[str, Any]) -> list[Mapping[str, Any] | str]:
    """Return the endorsements of a credential, its issuer, its achievement and that one's creator (not yet believed).

    Each is an object (`endorsement`) or a compact token (`endorsementJwt`), as it stands in the document.
    """
    achievements = [part.get("achievement") for part in _objects(document.get("credentialSubject"))]
    creators = [part.get("creator") for achievement in achievements for part in _objects(achievement)]
    holders = [
        part for holder in (document, document.get("issuer"), *achievements, *creators) for part in _objects(holder)
    ]
    embedded: list[Mapping[str, Any] | str] = [item for part in holders for item in _objects(part.get("endorsement"))]
    tokens = [item for part in holders for item in _list(part.get("endorsementJwt")) if isinstance(item, str)]
    return embedded + tokens


def read_endorsement(part: Mapping[str, Any] | str) -> tuple[Mapping[str, Any], vc_jwt.Token | None]:
    """Return an item of `endorsements` as a credential, with its token if it is one; errors as for `vc_jwt.parse`."""
    if not isinstance(part, str):
        return part, None
    token = read_token(part)
    return token.credential, token


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
    if issuer.startswith(("did:key:", "did:jwk:")):
        return None
    if issuer.startswith("https://"):
        return issuer
    return did.did_web_url(issuer)


def on_own_origin(url: str, issuer: str) -> bool:
    """Say whether `url` lies on the web origin of an issuer: that of its https address, or the host of its did:web."""
    try:
        home = controller_url(issuer)
    except InvalidError:
        return False
    return home is not None and _origin(home) is not None and _origin(url) == _origin(home)


def _origin(url: str) -> str | None:
    match = _HTTPS.match(url)
    return None if match is None else match[1].lower().removesuffix(":443")


def _wanted_by_credential(document: Mapping[str, Any], token: vc_jwt.Token | None) -> Iterator[Wanted]:
    yield from _wanted_keys(document, token)
    for entry in _objects(document.get("credentialStatus"))[:MAX_STATUSES]:
        url = entry.get("id" if entry.get("type") == status_legacy.REVOCATION_LIST else "statusListCredential")
        if isinstance(url, str):
            yield Wanted(url, ACCEPT_LIST, STATUS_LIST_LIMIT)


def _wanted_keys(document: Mapping[str, Any], token: vc_jwt.Token | None) -> Iterator[Wanted]:
    try:
        issuer = issuer_id(document)
        url = controller_url(issuer)
    except InvalidError:  # the check that needs it meets the same error and reports it
        return
    if url is not None:
        yield Wanted(url, ACCEPT_KEYS, DOCUMENT_LIMIT)
    address = "" if token is None else token.signed.key_id.partition("#")[0]
    if issuer.startswith("https://") and on_own_origin(address, issuer):
        yield Wanted(address, ACCEPT_KEYS, DOCUMENT_LIMIT)


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


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in _list(value) if isinstance(item, dict)]


def _source(url: str, answer: Fetched | UnavailableError) -> Source:
    if isinstance(answer, UnavailableError):
        return Source(url, None, answer.code)
    return Source(url, answer.at, "fetched")
