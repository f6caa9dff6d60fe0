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
from typing import Any, Final

from openbadge import did, strict_json, timestamps
from openbadge.errors import InvalidError
from openbadge.multikey import PublicKey
from openbadge.proof import data_integrity, vc_jwt
from openbadge.vocabulary import ASSERTION_METHOD
from verifier.material import Material, controller_url

MAX_PROOFS: Final = 5
"""Proofs of one credential: one for each suite in use, with room; each costs a canonicalisation."""

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
    found = [] if token is None else [Signature(_key_id(token), None, token)]
    return [*found, *(Signature(_method(proof), proof, None) for proof in proofs)]


def own(found: list[Signature], issuer: str) -> list[Signature]:
    """Return the signatures that name a key of `issuer`; raises `InvalidError` ISSUER_NOT_BOUND if there is none,
    and PROOF_VERIFICATION_ERROR if there is no signature at all.

    Those of others say nothing about this issuer and are not counted, neither for nor against the credential.
    """
    if not found:
        raise InvalidError("PROOF_VERIFICATION_ERROR", "The credential is not signed.")
    mine = [signature for signature in found if signature.method.partition("#")[0] == issuer]
    if not mine:
        raise InvalidError("ISSUER_NOT_BOUND", _nobody(found, issuer))
    return mine


def bind(signature: Signature, issuer: str, material: Material, now: datetime) -> PublicKey:
    """Return the key of a signature, proven to be the issuer's and in use at `now`.

    Raises `InvalidError` with the codes of `did.find_method`, INVALID_VERIFICATION_METHOD(_URL), or those of a key
    document that is malformed; `UnavailableError` when the key document could not be had.
    """
    fragment = signature.method.partition("#")[2]
    if not fragment or (issuer.startswith("did:key:") and fragment != issuer.removeprefix("did:key:")):
        raise InvalidError(
            "INVALID_VERIFICATION_METHOD_URL", f"{signature.method[:200]} is not the address of a key of the issuer."
        )
    method = did.find_method(controller_document(issuer, material), issuer, signature.method, ASSERTION_METHOD)
    for name, text in (("revoked", method.revoked), ("expires", method.expires)):
        if text is not None and timestamps.parse(text, name) <= now:
            word = "declared invalid" if name == "revoked" else "out of use"
            raise InvalidError("INVALID_VERIFICATION_METHOD", f"The issuer's key {method.id} is {word} since {text}.")
    return method.key


def controller_document(issuer: str, material: Material) -> Mapping[str, Any]:
    """Return the key document of `issuer`: made from a did:key, or as it was fetched.

    Raises `InvalidError` INVALID_CONTROLLED_IDENTIFIER_DOCUMENT when what was fetched is not a JSON object.
    """
    url = controller_url(issuer)
    if url is None:
        return did.key_document(issuer)
    fetched = material.get(url)
    try:
        return strict_json.loads(fetched.body)
    except InvalidError as error:
        detail = f"The key document at {url[:200]} cannot be read: {error.detail}"
        raise InvalidError("INVALID_CONTROLLED_IDENTIFIER_DOCUMENT", detail) from error


def _method(proof: Any) -> str:
    method = proof.get("verificationMethod") if isinstance(proof, dict) else None
    if not isinstance(method, str) or not _ABSOLUTE.fullmatch(method):
        raise InvalidError(
            "INVALID_VERIFICATION_METHOD_URL", f"The proof's key {str(method)[:200]!r} is no absolute address."
        )
    return method


def _key_id(token: vc_jwt.Token) -> str:
    kid = token.header.get("kid")
    return kid if isinstance(kid, str) else ""


def _nobody(found: list[Signature], issuer: str) -> str:
    if any(signature.token is not None and not signature.method for signature in found):
        return "The token brings its own key along, which shows that it is whole, but not who issued it."
    return f"The signature was made with a key of someone else, not of the issuer {issuer[:200]}."
