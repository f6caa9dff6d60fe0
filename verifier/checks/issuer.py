"""Checks of who issued: the key, the signature, and whether anyone vouches for the issuer."""

from __future__ import annotations

from typing import Final

from openbadge.errors import InvalidError, UnavailableError
from openbadge.multikey import PublicKey
from openbadge.proof.model import Hashed
from verifier.checks import keys, signature
from verifier.material import Material, issuer_id
from verifier.parse import Presented
from verifier.question import Question


def proof(presented: Presented, material: Material, question: Question) -> str:
    """Every signature that names a key of the issuer is right, and there is at least one.

    While a key cannot be shown to be the issuer's, nothing is known about the signature: `issuer_binding` then says
    why, and this check stays unknown. A token that brings its key along is checked under that key: it is whole.
    """
    issuer = issuer_id(presented.document)
    found = keys.signatures(presented.document, presented.token)
    bare = keys.bare(found)
    if bare is not None:
        signature.check_policy(signature.TOKEN, question.policy)
        signature.verify_one(presented.document, found[0], PublicKey.from_jwk(bare.header["jwk"]))
        return "The content is exactly what was signed, by whoever has the key that the token brings along."
    mine = keys.own(found, issuer, material)
    for item in mine:
        signature.check_policy(signature.check_rules(item, question.now), question.policy)
    for item in mine:
        try:
            key = keys.bind(item, issuer, material, question.now)
        except InvalidError as error:
            raise UnavailableError(error.code, "It could not be checked, because its key is not acceptable.") from error
        _verify(presented, item, key, len(found), material.hashed)
    signature.verify_earlier(presented.document, mine, found, material, question)
    return _signed(mine)


def issuer_binding(presented: Presented, material: Material, question: Question) -> str:
    """Each key that signed in the issuer's name is listed for that purpose in the issuer's own key document."""
    issuer = issuer_id(presented.document)
    found = keys.signatures(presented.document, presented.token)
    mine = keys.own(found, issuer, material)
    for item in mine:
        keys.bind(item, issuer, material, question.now)
    foreign = len(found) - len(mine)
    others = f" {foreign} more by someone else did not count." if foreign else ""
    return bound(issuer, mine[0].method) + others


SIGNED: Final = "The content is exactly what was signed."


def bound(issuer: str, method: str) -> str:
    """Say that an issuer lists a key."""
    return f"{issuer} lists the key {method} for issuing."


def _verify(presented: Presented, item: keys.Signature, key: PublicKey, count: int, hashed: Hashed | None) -> None:
    """Verify one of `count` signatures. In a set, one that is wrong makes the set unacceptable (VC-DI section 4.5)."""
    try:
        signature.verify_one(presented.document, item, key, hashed)
    except InvalidError as error:
        if count == 1 or error.code != "CRYPTOGRAPHIC_SECURITY_ERROR":
            raise
        detail = f"One of its {count} signatures is not right. {error.detail}"
        raise InvalidError("PROOF_VERIFICATION_ERROR", detail) from error


def _signed(mine: list[keys.Signature]) -> str:
    if any(signature.is_selective(item) for item in mine):
        return "What is shown is exactly what was signed; the holder may have left out parts, as the issuer allowed."
    return SIGNED if len(mine) == 1 else f"All {len(mine)} signatures are right."


def trust(presented: Presented, _material: Material, question: Question) -> str:
    """A source that the operator configured knows the issuer; anyone can call themselves a university.

    Raises `UnavailableError` ISSUER_UNTRUSTED when none does, `InvalidError` when the policy names its issuers and this
    is none of them.
    """
    issuer = issuer_id(presented.document)
    allowed = question.policy.allowed_issuers
    if allowed is not None and issuer not in allowed:
        raise InvalidError(
            "ISSUER_UNTRUSTED", f"The policy of this verifier does not accept the issuer {issuer[:200]}."
        )
    name = question.trust.vouches(issuer)
    if name is None:
        raise UnavailableError("ISSUER_UNTRUSTED", f"No trust source of this verifier knows the issuer {issuer[:200]}.")
    return f"A trust source of this verifier knows the issuer as {name}."
