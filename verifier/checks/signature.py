"""The signature itself: VC Data Integrity 1.0, section 4.4 "Verify Proof", and the VC-JWT container.

Not checked here: whose key it is; `keys` has done that before any key arrives here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from openbadge import timestamps
from openbadge.errors import InvalidError
from openbadge.multikey import PublicKey
from openbadge.proof import data_integrity, ecdsa_sd_2023, vc_jwt
from openbadge.proof.model import Hashed, decode_value
from openbadge.proof.sd.values import BASE_HEADER
from openbadge.vocabulary import ASSERTION_METHOD
from verifier.checks import keys
from verifier.material import Material, issuer_id
from verifier.parse import Presented
from verifier.policy import Policy
from verifier.question import Question
from verifier.remembered import ReadList

CREATED_SKEW: Final = timedelta(minutes=5)
"""How far a proof's `created` may lie in the future: clocks of servers differ by less, and the time is only a claim."""
TOKEN: Final = "vc-jwt"  # noqa: S105 - the name of a proof kind
"""The name under which a policy accepts signed tokens."""


def verify_all(
    document: Mapping[str, Any],
    token: vc_jwt.Token | None,
    material: Material,
    question: Question,
    read: ReadList | None = None,
) -> list[keys.Signature]:
    """Accept a credential of which every signature that names a key of its issuer is right, and return those.

    `read` is what is remembered of a status list: a signature that was right under the same key is not verified again.

    A proof may build on earlier ones of others (`previousProof`): those must be right, too, under the key of whoever
    they name. Raises the errors of `keys.own`, `keys.bind`, `check_rules` and `verify_one`.
    """
    issuer = issuer_id(document)
    found = keys.signatures(document, token)
    mine = keys.own(found, issuer, material)
    for signature in mine:
        check_rules(signature, question.now)
        key = keys.bind(signature, issuer, material, question.now)
        if read is None or (found.index(signature), key) not in read.verified:
            verify_one(document, signature, key, None if read is None else read.hashed)
        if read is not None:
            read.verified.add((found.index(signature), key))
    verify_earlier(document, mine, found, material, question)
    return mine


def verify_earlier(
    document: Mapping[str, Any],
    mine: list[keys.Signature],
    found: list[keys.Signature],
    material: Material,
    question: Question,
) -> None:
    """Accept the signatures of others on which those of the issuer (`mine`) build, each under the key it names.

    Raises as `verify_all`; `UnavailableError` when the key of one cannot be had.
    """
    data_integrity.check_chain(document)
    for signature in _built_on(document, mine, found):
        check_rules(signature, question.now)
        controller = signature.method.partition("#")[0]
        verify_one(document, signature, keys.bind(signature, controller, material, question.now))


def _built_on(
    document: Mapping[str, Any], mine: list[keys.Signature], found: list[keys.Signature]
) -> list[keys.Signature]:
    """The signatures of others on which those of the issuer build, at any remove."""
    waiting = [item.proof for item in mine if item.proof is not None]
    names: set[str] = set()
    while waiting:
        for earlier in data_integrity.previous_proofs(document, waiting.pop()):
            if earlier["id"] not in names:
                names.add(earlier["id"])
                waiting.append(earlier)
    return [item for item in found if item not in mine and item.proof is not None and item.proof.get("id") in names]


def check_rules(signature: keys.Signature, now: datetime) -> str:
    """Accept what can be said of a signature without its key: its suite, purpose and times. Return the kind's name.

    Raises `InvalidError` UNSUPPORTED_SUITE or PROOF_VERIFICATION_ERROR.
    """
    if signature.proof is None:
        return TOKEN
    kind = data_integrity.read_suite(signature.proof).name
    _check_purpose(signature.proof)
    _check_times(signature.proof, now)
    if is_selective(signature):
        _check_derived(signature.proof["proofValue"])
    return kind


def check_policy(kind: str, policy: Policy) -> None:
    """Accept a kind of signature that the operator wants on credentials; raises `InvalidError` UNSUPPORTED_SUITE."""
    if policy.accepted_proofs is not None and kind not in policy.accepted_proofs:
        raise InvalidError(
            "UNSUPPORTED_SUITE", f"The policy of this verifier does not accept signatures of kind {kind}."
        )


def verify_one(
    document: Mapping[str, Any], signature: keys.Signature, key: PublicKey, hashed: Hashed | None = None
) -> None:
    """Accept one signature under its key, or raise `InvalidError`; `hashed` as for `data_integrity.verify`."""
    if signature.proof is not None:
        data_integrity.verify(document, signature.proof, key, hashed=hashed)
    elif signature.token is not None:
        vc_jwt.verify(signature.token, key)


def is_selective(signature: keys.Signature) -> bool:
    """Say whether the holder may have left out parts of what was signed (VC-DI-ECDSA section 3.6, derived proofs)."""
    return signature.proof is not None and signature.proof.get("cryptosuite") == ecdsa_sd_2023.NAME


def may_be_partial(presented: Presented) -> bool:
    """Say whether the holder may have left out parts of the credential that is presented."""
    return any(is_selective(item) for item in keys.signatures(presented.document, presented.token))


def _check_derived(value: str) -> None:
    """Refuse a base proof in words that help: whoever shows one has skipped a step."""
    if decode_value(value, "u").startswith(BASE_HEADER):
        raise InvalidError(
            "PROOF_VERIFICATION_ERROR",
            "This is the base proof, which is for the holder alone. Derive a credential from it, and show that.",
        )


def _check_purpose(proof: Mapping[str, Any]) -> None:
    if proof["proofPurpose"] != ASSERTION_METHOD:
        raise InvalidError(
            "PROOF_VERIFICATION_ERROR",
            f"The proof was made for {proof['proofPurpose'][:50]!r}, not to issue credentials.",
        )


def _check_times(proof: Mapping[str, Any], now: datetime) -> None:
    if "created" in proof and timestamps.parse(proof["created"], "proof.created") > now + CREATED_SKEW:
        raise InvalidError("PROOF_VERIFICATION_ERROR", f"The proof says it is made in the future: {proof['created']}.")
    if "expires" in proof and timestamps.parse(proof["expires"], "proof.expires") < now:
        raise InvalidError("PROOF_VERIFICATION_ERROR", f"The proof has expired: {proof['expires']}.")
