"""From the credential that a caller sends to the one that is signed: issuer, vocabularies, status entry, proof.

Everything the caller wrote stays as it is; what cannot be signed as it is, is refused (`data_model.check_credential`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from issuer.db import RandomBytes
from issuer.keys import throwaway_signer
from issuer.model import StatusSlot
from issuer.model.profile import VC_JWT
from openbadge import data_model, enveloped, vc_jose_cose
from openbadge.errors import InvalidError
from openbadge.proof import Signer, data_integrity, ecdsa_sd_2023
from openbadge.proof.sd import derive as sd_derive
from openbadge.proof.sd import issue as sd_issue
from openbadge.vocabulary import STATUS_ENTRY

STATUS_V1: Final = "https://www.w3.org/ns/credentials/status/v1"
"""The context that defines a Bitstring Status List entry for documents of VC Data Model 1.1."""
HMAC_KEY_BYTES: Final = 32
"""VC Data Integrity ECDSA Cryptosuites 1.0 section 3.6.2: the HMAC key is as long as the hash."""
EVERYTHING: Final = ("",)
"""The JSON pointer to the whole document (RFC 6901 section 5)."""


@dataclass(frozen=True, slots=True)
class Securing:
    """How a document is secured: a name of `WAYS`, the pointers of ecdsa-sd-2023, time and chance."""

    cryptosuite: str
    pointers: tuple[str, ...]
    now: datetime
    random_bytes: RandomBytes

    def options(self, signer: Signer) -> dict[str, str]:
        """Return the options of an embedded proof by `signer`."""
        return data_integrity.options(self.cryptosuite, signer.verification_method, self.now)


def draft(credential: Mapping[str, Any], issuer: str) -> dict[str, Any]:
    """Return the credential with `issuer` filled in, and the vocabulary of the proof where its own lack it.

    Raises `InvalidError` MALFORMED_VALUE_ERROR for a credential that has a proof already, no issuer or another one.
    """
    if "proof" in credential:
        raise InvalidError("MALFORMED_VALUE_ERROR", "The credential to issue has a proof already.")
    return data_model.with_proof_terms({**credential, "issuer": _issuer(credential.get("issuer"), issuer)})


def as_issuer(document: Mapping[str, Any], issuer: str) -> dict[str, Any]:
    """Return a draft as another issuer would send it: the rehearsal is signed by a key that is thrown away."""
    value = document["issuer"]
    return {**document, "issuer": {**value, "id": issuer} if isinstance(value, dict) else issuer}


def with_entry(document: Mapping[str, Any], slot: StatusSlot, purpose: str) -> dict[str, Any]:
    """Return a draft with a status entry of ours behind those that the caller gave.

    There is no `statusSize`: one bit is what its absence means (Bitstring Status List 1.0 section 2.1).
    """
    entry = {
        "id": f"{slot.url}#{slot.index}",
        "type": STATUS_ENTRY,
        "statusPurpose": purpose,
        "statusListIndex": str(slot.index),
        "statusListCredential": slot.url,
    }
    given = _list(document.get("credentialStatus", []))
    changed = {**document, "credentialStatus": [*given, entry] if given else entry}
    contexts = _list(document["@context"])
    if data_model.is_1_1(document) and STATUS_V1 not in contexts:
        changed["@context"] = [*contexts, STATUS_V1]
    return changed


def secure(document: Mapping[str, Any], signer: Signer, how: Securing) -> dict[str, Any]:
    """Return the document with one proof, an object, or in an envelope. Raises `InvalidError` as the suites do."""
    return WAYS[how.cryptosuite](document, signer, how)


def verifiable(secured: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a verifier can check of a secured document: itself, or all of it derived from a base proof."""
    proof = secured.get("proof", {})
    if proof.get("cryptosuite") != ecdsa_sd_2023.NAME:
        return secured
    return sd_derive.derive(secured, proof, EVERYTHING)


def _embedded(document: Mapping[str, Any], signer: Signer, how: Securing) -> dict[str, Any]:
    return _single(data_integrity.create(document, how.options(signer), signer))


def _selective(document: Mapping[str, Any], signer: Signer, how: Securing) -> dict[str, Any]:
    once = throwaway_signer("P-256", how.random_bytes)
    disclosure = sd_issue.Disclosure(how.pointers, how.random_bytes(HMAC_KEY_BYTES), once.public_key, once.sign)
    return _single(sd_issue.create(document, how.options(signer), signer, disclosure))


def _enveloped(document: Mapping[str, Any], signer: Signer, _how: Securing) -> dict[str, Any]:
    token = vc_jose_cose.secure_jwt(document, vc_jose_cose.CREDENTIAL, signer)
    return enveloped.wrap(enveloped.ENVELOPED_CREDENTIAL, f"application/{VC_JWT}", token)


def _single(secured: Mapping[str, Any]) -> dict[str, Any]:
    """Unwrap the only proof: VC-API suites read `proof` as an object."""
    return {**secured, "proof": secured["proof"][0]}


WAYS: Final[Mapping[str, Callable[[Mapping[str, Any], Signer, Securing], dict[str, Any]]]] = MappingProxyType(
    {
        **dict.fromkeys(("eddsa-rdfc-2022", "eddsa-jcs-2022", "ecdsa-rdfc-2019", "ecdsa-jcs-2019"), _embedded),
        ecdsa_sd_2023.NAME: _selective,
        VC_JWT: _enveloped,
    }
)
"""What a profile can secure credentials with."""


def _issuer(given: Any, issuer: str) -> Any:
    if given == issuer:
        return issuer
    if isinstance(given, dict) and given.get("id", issuer) == issuer:
        return {"id": issuer, **given}
    raise InvalidError("MALFORMED_VALUE_ERROR", f"The issuer of the credential must be {issuer}, as text or as its id.")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
