"""Whose key: from a signature back to the issuer's own key document.

A key counts only if the *issuer's* document, found by us from the issuer's identifier, lists it under
`assertionMethod` (Controlled Identifiers 1.0, section 3.3). What the credential says about the key, by a fragment, a
header or the address of some other key document, proves nothing about the issuer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from openbadge import did, did_jwk, strict_json, timestamps
from openbadge.errors import InvalidError, UnavailableError
from openbadge.multikey import PublicKey
from openbadge.proof import data_integrity, vc_jwt
from openbadge.vocabulary import ASSERTION_METHOD
from verifier.checks import token_keys
from verifier.material import Material, controller_url, on_own_origin

MAX_PROOFS: Final = 5
"""Proofs of one credential: one for each suite in use, with room; each costs a canonicalisation."""

REMEMBERED: Final = 256
"""Key documents that are remembered: most badges of a day come from few issuers."""
MAX_REMEMBERED: Final = 16 * 1024
"""Bytes of a key document that is remembered: twenty keys. With what was read from it, all are 40 MB at most."""

_ABSOLUTE: Final = re.compile(r"[a-z][a-z0-9+.-]*:[^\s]+")


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature over a credential: the `method` it names as its key, and the embedded `proof` or the `token`.

    Exactly one of `proof` and `token` is set.
    """

    method: str
    proof: Mapping[str, Any] | None
    token: vc_jwt.Token | None


def signatures(document: Mapping[str, Any], token: vc_jwt.Token | None) -> list[Signature]:
    """Return all signatures of a credential, the token's first.

    Raises `InvalidError`: LIMIT_EXCEEDED for more than `MAX_PROOFS` proofs, INVALID_VERIFICATION_METHOD_URL for a proof
    whose key has no absolute address. A token without `kid` names no key, and its method is "".
    """
    proofs = data_integrity.proofs(document)
    if len(proofs) > MAX_PROOFS:
        raise InvalidError("LIMIT_EXCEEDED", f"The credential has {len(proofs)} proofs; the limit is {MAX_PROOFS}.")
    found = [] if token is None else [Signature(token.signed.key_id, None, token)]
    return [*found, *(Signature(_method(proof), proof, None) for proof in proofs)]


def own(found: list[Signature], issuer: str, material: Material) -> list[Signature]:
    """Return the signatures that name a key of `issuer`.

    Those of others say nothing about this issuer and are not counted, neither for nor against the credential. Raises
    `InvalidError` PROOF_VERIFICATION_ERROR if there is no signature at all, ISSUER_NOT_BOUND if all are by others;
    `UnavailableError` ISSUER_NOT_BOUND for a token that brings its own key along.
    """
    if not found:
        raise InvalidError("PROOF_VERIFICATION_ERROR", "The credential is not signed.")
    mine = [signature for signature in found if _is_own(signature, issuer, material)]
    if mine:
        return mine
    if bare(found) is not None:
        raise UnavailableError("ISSUER_NOT_BOUND", "The issuer is not proved: the token brings its own key along.")
    detail = f"The signature was made with a key of someone else, not of the issuer {issuer[:200]}."
    raise InvalidError("ISSUER_NOT_BOUND", detail)


def bare(found: list[Signature]) -> vc_jwt.Token | None:
    """Return the token that is the only signature and names no key, but brings one along (`jwk`); else None."""
    token = found[0].token if len(found) == 1 and not found[0].method else None
    return token if token is not None and "jwk" in token.header else None


def bind(signature: Signature, issuer: str, material: Material, now: datetime) -> PublicKey:
    """Return the key of a signature, proven to be the issuer's and in use at `now`.

    Raises `InvalidError` with the codes of `did.find_method`, INVALID_VERIFICATION_METHOD(_URL), or those of a key
    document that is malformed; `UnavailableError` when the key document could not be had.
    """
    if signature.token is not None and _is_elsewhere(signature.method, issuer):
        document = _document_if_any(issuer, material)
        if not document.get(ASSERTION_METHOD) or _is_listed_only(document, signature.method):
            return token_keys.published(signature.method, material)
        return _listed_key(document, issuer, signature.method, now)
    fragment = signature.method.partition("#")[2]
    misnamed = not fragment and signature.method == issuer
    if misnamed or (issuer.startswith("did:key:") and fragment != issuer.removeprefix("did:key:")):
        raise InvalidError(
            "INVALID_VERIFICATION_METHOD_URL", f"{signature.method[:200]} is not the address of a key of the issuer."
        )
    return _listed_key(controller_document(issuer, material), issuer, signature.method, now)


def own_method(issuer: str, method: str) -> did.VerificationMethod:
    """Return the key that an issuer's identifier itself is (did:key, did:jwk); errors as for `did.find_method`."""
    return did.find_method(_own_document(issuer), issuer, method, ASSERTION_METHOD)


@lru_cache(maxsize=REMEMBERED)
def listed_method(body: bytes, issuer: str, method: str) -> did.VerificationMethod:
    """Return the key that an issuer's document, given as fetched, lists for assertions.

    Remembered by the exact bytes; nothing in the answer depends on the time (`check_in_use`). Errors as for `bind`.
    """
    return did.find_method(_parsed(body), issuer, method, ASSERTION_METHOD)


def check_in_use(method: did.VerificationMethod, now: datetime) -> None:
    """Accept a key that is neither revoked nor expired at `now`; raises `InvalidError` INVALID_VERIFICATION_METHOD."""
    if method.revoked is None and method.expires is None:
        return
    for member, text in (("revoked", method.revoked), ("expires", method.expires)):
        if text is not None and timestamps.parse(text, member) <= now:
            word = "declared invalid" if member == "revoked" else "out of use"
            raise InvalidError("INVALID_VERIFICATION_METHOD", f"The issuer's key {method.id} is {word} since {text}.")


def controller_document(issuer: str, material: Material) -> Mapping[str, Any]:
    """Return the key document of `issuer`: made from a did:key or did:jwk, or as it was fetched.

    Raises `InvalidError` INVALID_CONTROLLED_IDENTIFIER_DOCUMENT when what was fetched is not a JSON object.
    """
    url = controller_url(issuer)
    if url is None:
        return _own_document(issuer)
    fetched = material.get(url)
    try:
        return _parsed(fetched.body) if len(fetched.body) <= MAX_REMEMBERED else strict_json.loads(fetched.body)
    except InvalidError as error:
        detail = f"The key document at {url[:200]} cannot be read: {error.detail}"
        raise InvalidError("INVALID_CONTROLLED_IDENTIFIER_DOCUMENT", detail) from error


def _own_document(issuer: str) -> Mapping[str, Any]:
    return did_jwk.document(issuer) if issuer.startswith("did:jwk:") else did.key_document(issuer)


@lru_cache(maxsize=REMEMBERED)
def _parsed(body: bytes) -> Mapping[str, Any]:
    return strict_json.loads(body)


def _is_own(signature: Signature, issuer: str, material: Material) -> bool:
    if not _is_elsewhere(signature.method, issuer):
        return signature.method.partition("#")[0] == issuer
    return signature.token is not None or _mentions(controller_document(issuer, material), signature.method)


def _is_elsewhere(method: str, issuer: str) -> bool:
    """Say whether a key has an address of its own on the web origin of an issuer that is an https address itself."""
    return issuer.startswith("https://") and method.partition("#")[0] != issuer and on_own_origin(method, issuer)


def _mentions(document: Mapping[str, Any], method: str) -> bool:
    """Say whether a document has a key under exactly this name, for whatever purpose."""
    return any(method in _names(document, place) for place in ("verificationMethod", *did.RELATIONSHIPS))


def _names(document: Mapping[str, Any], place: str) -> list[Any]:
    listed = document.get(place, [])
    return [item.get("id") if isinstance(item, dict) else item for item in (listed if isinstance(listed, list) else [])]


def _is_listed_only(document: Mapping[str, Any], method: str) -> bool:
    """Say whether a document lists a key by its address alone, so that the key itself is at that address."""
    places = (document.get(place) for place in ("verificationMethod", ASSERTION_METHOD))
    bodies = [item for place in places if isinstance(place, list) for item in place if isinstance(item, dict)]
    return method in _names(document, ASSERTION_METHOD) and all(item.get("id") != method for item in bodies)


def _document_if_any(issuer: str, material: Material) -> Mapping[str, Any]:
    """Return the issuer's document, or an empty one: Open Badges 3.0, section 8.2, asks for the key's address alone."""
    try:
        return controller_document(issuer, material)
    except (InvalidError, UnavailableError):
        return {}


def _listed_key(document: Mapping[str, Any], issuer: str, name: str, now: datetime) -> PublicKey:
    method = did.find_method(document, issuer, name, ASSERTION_METHOD)
    check_in_use(method, now)
    return method.key


def _method(proof: Any) -> str:
    method = proof.get("verificationMethod") if isinstance(proof, dict) else None
    if not isinstance(method, str) or not _ABSOLUTE.fullmatch(method):
        raise InvalidError(
            "INVALID_VERIFICATION_METHOD_URL", f"The proof's key {str(method)[:200]!r} is no absolute address."
        )
    return method
