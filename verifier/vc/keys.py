"""Keys and status lists: what must be fetched for a document, and from the address of a key to the key.

A key counts only if the document of the one whose address it has lists it for the purpose (Controlled Identifiers 1.0,
section 3.3). Whether that one is the issuer is a check of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from types import MappingProxyType
from typing import Final

from openbadge import did, timestamps
from openbadge.errors import InvalidError, UnavailableError
from openbadge.multikey import PublicKey
from openbadge.proof import data_integrity
from verifier.checks.keys import controller_document
from verifier.failure import log_failure
from verifier.fetch import DOCUMENT_LIMIT, Fetch, Fetched
from verifier.material import ACCEPT_KEYS, MAX_FETCHES, Material, Wanted, controller_url, wanted_by
from verifier.vc.opened import Opened
from verifier.vc.seal import Seal

STATUS_MEMBERS: Final = ("issuer", "credentialStatus")
"""What decides where a status list is and who must have signed it."""


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
    method = did.find_method(controller_document(seal.controller, material), seal.controller, seal.method, seal.purpose)
    for name, text in (("revoked", method.revoked), ("expires", method.expires)):
        if text is not None and timestamps.parse(text, name) <= now:
            raise InvalidError("INVALID_VERIFICATION_METHOD", f"The key {method.id[:200]} is out of use since {text}.")
    return method.key


def _wanted(opened: Opened) -> Iterator[Wanted]:
    for controller in _controllers(opened):
        try:
            url = controller_url(controller)
        except InvalidError:  # the check that needs it meets the same error and reports it
            url = None
        if url is not None:
            yield Wanted(url, ACCEPT_KEYS, DOCUMENT_LIMIT)
    if "credentialStatus" in opened.document:
        yield from wanted_by({name: opened.document.get(name) for name in STATUS_MEMBERS}, None)


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
