"""What secures a document: an embedded proof or a token's signature, as one thing that a key opens or does not.

VC Data Integrity 1.0, sections 2.1 "Proofs" and 4.4 "Verify Proof"; for tokens RFC 7519 section 4.1 (`aud`) and the
claim `nonce` stand for domain and challenge.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from openbadge import timestamps
from openbadge.canon import Loader
from openbadge.errors import InvalidError
from openbadge.multikey import PublicKey
from openbadge.proof import data_integrity
from verifier.checks.signature import CREATED_SKEW
from verifier.vc.question import VcQuestion

_ABSOLUTE: Final = re.compile(r"[a-z][a-z0-9+.-]*:[^\s#]+#[^\s#]+")


@dataclass(frozen=True, slots=True)
class Seal:
    """One signature: the address of its key (`method`), its `purpose`, what it was made for, and how it is verified.

    `challenge` is None and `domains` is empty where it names none. `verify(key)` accepts or raises `InvalidError`.
    """

    method: str
    purpose: str
    challenge: str | None
    domains: tuple[str, ...]
    verify: Callable[[PublicKey], None]

    @property
    def controller(self) -> str:
        """Whose key it is: the address of the key without its fragment."""
        return self.method.partition("#")[0]


def embedded(document: Mapping[str, Any], now: datetime, load: Loader) -> list[Seal]:
    """Return the embedded proofs of a document, each of good form and current at `now`.

    All of a set count, also those that others made. Raises `InvalidError` PROOF_VERIFICATION_ERROR, UNSUPPORTED_SUITE,
    INVALID_VERIFICATION_METHOD_URL, MALFORMED_VALUE_ERROR, LIMIT_EXCEEDED.
    """
    data_integrity.check_chain(document)
    return [_embedded(document, proof, now, load) for proof in data_integrity.proofs(document)]


def check_purpose(seal: Seal, allowed: tuple[str, ...], question: VcQuestion) -> None:
    """Accept a seal that was made for one of the purposes `allowed`, and for the challenge and domain that were asked.

    Raises `InvalidError` PROOF_VERIFICATION_ERROR, INVALID_CHALLENGE_ERROR, INVALID_DOMAIN_ERROR.
    """
    if seal.purpose not in allowed:
        raise _unacceptable(f"The proof was made for {seal.purpose[:50]!r}, not for {' or '.join(allowed)}.")
    if question.challenge is not None and seal.challenge != question.challenge:
        raise InvalidError("INVALID_CHALLENGE_ERROR", "The proof does not answer the challenge that was given.")
    if question.domain is not None and question.domain not in seal.domains:
        raise InvalidError("INVALID_DOMAIN_ERROR", "The proof was not made for the domain that was given.")


def _embedded(document: Mapping[str, Any], proof: Any, now: datetime, load: Loader) -> Seal:
    data_integrity.read_suite(proof)
    _check_times(proof, now)
    method = proof["verificationMethod"]
    if not _ABSOLUTE.fullmatch(method):
        raise InvalidError(
            "INVALID_VERIFICATION_METHOD_URL", f"The proof's key {method[:200]!r} has no full address with a fragment."
        )
    verify = partial(_verify, document, proof, load)
    return Seal(method, proof["proofPurpose"], _challenge(proof), _domains(proof), verify)


def _verify(document: Mapping[str, Any], proof: Mapping[str, Any], load: Loader, key: PublicKey) -> None:
    data_integrity.verify(document, proof, key, load=load)


def _check_times(proof: Mapping[str, Any], now: datetime) -> None:
    if "created" in proof and timestamps.parse(proof["created"], "proof.created") > now + CREATED_SKEW:
        raise _unacceptable(f"The proof says it is made in the future: {proof['created']}.")
    if "expires" in proof and timestamps.parse(proof["expires"], "proof.expires") <= now:
        raise _unacceptable(f"The proof has expired: {proof['expires']}.")


def _challenge(proof: Mapping[str, Any]) -> str | None:
    value = proof.get("challenge")
    if value is not None and not isinstance(value, str):
        raise _unacceptable("The challenge of the proof is not a text.")
    return value


def _domains(proof: Mapping[str, Any]) -> tuple[str, ...]:
    value = proof.get("domain", [])
    listed = value if isinstance(value, list) else [value]
    if not all(isinstance(item, str) for item in listed):
        raise _unacceptable("The domain of the proof is not a text or a list of texts.")
    return tuple(listed)


def _unacceptable(detail: str) -> InvalidError:
    return InvalidError("PROOF_VERIFICATION_ERROR", detail)
