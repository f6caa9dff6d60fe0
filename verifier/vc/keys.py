"""Keys and status lists: what must be fetched for a document, and from the address of a key to the key.

A key counts only if the document of the one whose address it has lists it for the purpose (Controlled Identifiers 1.0,
section 3.3). Whether that one is the issuer is a check of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from openbadge import did, did_jwk, timestamps, vocabulary
from openbadge.data_model.forms import values
from openbadge.errors import InvalidError, UnavailableError
from openbadge.multikey import PublicKey
from openbadge.proof import data_integrity
from verifier.checks.keys import controller_document
from verifier.failure import log_failure
from verifier.fetch import DOCUMENT_LIMIT, STATUS_LIST_LIMIT, Fetch, Fetched
from verifier.material import MAX_FETCHES, MAX_STATUSES, Material, Wanted, controller_url
from verifier.vc.opened import Opened
from verifier.vc.seal import Seal

OWN_DOCUMENTS: Final[Mapping[str, Callable[[str], dict[str, Any]]]] = MappingProxyType(
    {"did:key:": did.key_document, "did:jwk:": did_jwk.document}
)
"""Identifiers that are their key, with the reader of the document that each stands for. Nothing is fetched for them."""


def gather(opened: Iterable[Opened], fetch: Fetch) -> Material:
    """Fetch all that the checks of these documents may need, at most `MAX_FETCHES` things at the same time.

    Never raises; what could not be had is kept as the error. What comes first in a document's list is fetched first.
    """
    found = list({wanted.url: wanted for item in opened for wanted in _wanted(item)}.values())
    asked, left = found[:MAX_FETCHES], found[MAX_FETCHES:]
    with ThreadPoolExecutor(max_workers=MAX_FETCHES) as pool:
        answers = dict(zip((item.url for item in asked), pool.map(lambda one: _answer(one, fetch), asked), strict=True))
    too_many = UnavailableError("LIMIT_EXCEEDED", f"One request may ask for {MAX_FETCHES} documents at most.")
    return Material(MappingProxyType(answers | {item.url: too_many for item in left}))


def resolve(seal: Seal, material: Material, now: datetime) -> PublicKey:
    """Return the key of a seal, listed by its controller for the seal's purpose and in use at `now`.

    Raises `InvalidError` with the codes of `did.find_method` and INVALID_VERIFICATION_METHOD(_URL), `UnavailableError`
    when the key document could not be had.
    """
    method = did.find_method(_document(seal.controller, material), seal.controller, seal.method, seal.purpose)
    for name, text in (("revoked", method.revoked), ("expires", method.expires)):
        if text is not None and timestamps.parse(text, name) <= now:
            raise InvalidError("INVALID_VERIFICATION_METHOD", f"The key {method.id[:200]} is out of use since {text}.")
    return method.key


def _document(controller: str, material: Material) -> Mapping[str, Any]:
    for prefix, read in OWN_DOCUMENTS.items():
        if controller.startswith(prefix):
            return read(controller)
    return controller_document(controller, material)


def _wanted(opened: Opened) -> Iterator[Wanted]:
    document = opened.document
    for controller in _controllers(opened):
        try:
            url = None if controller.startswith(tuple(OWN_DOCUMENTS)) else controller_url(controller)
        except InvalidError:  # the check that needs it meets the same error and reports it
            url = None
        if url is not None:
            yield Wanted(url, vocabulary.MEDIA_DID, DOCUMENT_LIMIT)
    for entry in values(document.get("credentialStatus"))[:MAX_STATUSES]:
        if isinstance(entry, Mapping) and isinstance(entry.get("statusListCredential"), str):
            yield Wanted(entry["statusListCredential"], vocabulary.MEDIA_VC, STATUS_LIST_LIMIT)


def _controllers(opened: Opened) -> Iterator[str]:
    if opened.seal is not None:
        yield opened.seal.controller
    for proof in data_integrity.proofs(opened.document):
        method = proof.get("verificationMethod") if isinstance(proof, Mapping) else None
        if isinstance(method, str):
            yield method.partition("#")[0]


def _answer(wanted: Wanted, fetch: Fetch) -> Fetched | UnavailableError:
    try:
        return fetch.fetch(wanted.url, wanted.accept, limit=wanted.limit)
    except UnavailableError as error:
        return error
    except Exception as error:
        log_failure("fetch", error)
        return UnavailableError("FETCH_FAILED", "Something needed could not be fetched, for a reason of our own.")
