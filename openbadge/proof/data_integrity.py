"""Embedded proofs: VC Data Integrity 1.0, section 4 "Algorithms", for every suite of the table.

What is not checked here, because it needs the world: whose key it is (issuer binding), and the times `created` and
`expires` against the clock. The verifier does both.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from openbadge import multibase, timestamps
from openbadge.errors import InvalidError
from openbadge.multikey import PublicKey
from openbadge.proof import suite
from openbadge.proof.model import Document, Signer
from openbadge.vocabulary import ASSERTION_METHOD, DATA_INTEGRITY_PROOF


def options(cryptosuite: str, verification_method: str, created: datetime) -> dict[str, str]:
    """Return the proof options for an assertion (section 2.1 "Proofs"), without a proof value."""
    return {
        "type": DATA_INTEGRITY_PROOF,
        "cryptosuite": cryptosuite,
        "created": timestamps.write(created),
        "verificationMethod": verification_method,
        "proofPurpose": ASSERTION_METHOD,
    }


def create(document: Document, proof_options: Mapping[str, str], signer: Signer) -> dict[str, Any]:
    """Add a proof (section 4.2 "Add Proof"): returns the document with `proof`, a list with the new proof last.

    Raises `InvalidError` for a document that loses data when canonicalised, or a key that does not fit the suite.
    """
    config: dict[str, Any] = dict(proof_options)
    if suite(config["cryptosuite"]).signs_context and "@context" in document:
        config["@context"] = document["@context"]
    data = hash_data(document, config, signer.algorithm)
    proof = {**config, "proofValue": multibase.encode_base58btc(signer.sign(data))}
    return {**document, "proof": [*proofs(document), proof]}


def verify(document: Document, proof: Document, key: PublicKey) -> None:
    """Accept one proof of a document under a key (section 4.4 "Verify Proof"), or raise `InvalidError`.

    `document` may hold its proofs; they are left out. Codes: UNSUPPORTED_SUITE, PROOF_VERIFICATION_ERROR,
    CRYPTOGRAPHIC_SECURITY_ERROR, and those of canonicalisation.
    """
    check_form(proof)
    suite(proof["cryptosuite"]).check_key(key.algorithm)
    signature = _signature(proof["proofValue"])
    config = {name: value for name, value in proof.items() if name != "proofValue"}
    key.verify(signature, hash_data(document, config, key.algorithm))


def hash_data(document: Document, proof_config: Document, key_type: str) -> bytes:
    """Return the bytes a suite signs for `document` under `proof_config` (members of the proof, no proof value).

    A JCS proof carries the `@context` that its document began with: the document is read with that one, so that
    contexts added later do not break the proof (VC Data Integrity EdDSA 1.0 section 3.3.2).
    """
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    previous = previous_proofs(document, proof_config)
    if previous:
        unsecured["proof"] = previous
    chosen = suite(proof_config["cryptosuite"])
    if not chosen.signs_context:
        return chosen.hash_data(unsecured, {"@context": document.get("@context"), **proof_config}, key_type)
    if "@context" in proof_config:
        unsecured["@context"] = _kept_context(document.get("@context"), proof_config["@context"])
    return chosen.hash_data(unsecured, proof_config, key_type)


def previous_proofs(document: Document, proof: Document) -> list[Any]:
    """Return the proofs of `document` that `proof.previousProof` names: they are signed along (section 2.1.2).

    Raises `InvalidError` PROOF_VERIFICATION_ERROR for a name that is no text, or not that of exactly one proof.
    """
    names = proof.get("previousProof", [])
    found = []
    for name in names if isinstance(names, list) else [names]:
        named = [item for item in proofs(document) if isinstance(item, dict) and item.get("id") == name]
        if not isinstance(name, str) or len(named) != 1 or name == proof.get("id"):
            raise InvalidError("PROOF_VERIFICATION_ERROR", "The proof builds on another one that is not there.")
        found += named
    return found


def check_form(proof: Any) -> None:
    """Accept the form of a proof: an object of the right type with all required members.

    Raises `InvalidError` PROOF_VERIFICATION_ERROR, or UNSUPPORTED_SUITE for another proof type.
    """
    if not isinstance(proof, dict):
        raise InvalidError("PROOF_VERIFICATION_ERROR", "The proof is not an object.")
    if proof.get("type") != DATA_INTEGRITY_PROOF:
        raise InvalidError(
            "UNSUPPORTED_SUITE", f"Proofs of the type {str(proof.get('type'))[:50]!r} are not supported."
        )
    for name in ("cryptosuite", "verificationMethod", "proofPurpose", "proofValue"):
        if not isinstance(proof.get(name), str):
            raise InvalidError("PROOF_VERIFICATION_ERROR", f"The proof lacks the member {name}.")
    for name in ("created", "expires"):
        if name in proof:
            timestamps.parse(proof[name], f"proof.{name}")


def proofs(document: Document) -> list[Any]:
    """Return the proofs of a document as a list, whatever their number."""
    value = document.get("proof", [])
    return value if isinstance(value, list) else [value]


def _kept_context(context: Any, signed: Any) -> Any:
    here, kept = (value if isinstance(value, list) else [value] for value in (context, signed))
    if here[: len(kept)] != kept:
        raise InvalidError(
            "PROOF_VERIFICATION_ERROR", "The document does not begin with the vocabularies of its proof."
        )
    return signed


def _signature(proof_value: str) -> bytes:
    if not proof_value.startswith("z"):
        raise InvalidError("PROOF_VERIFICATION_ERROR", "The proof value is not written in base58btc.")
    try:
        return multibase.decode_multibase(proof_value)
    except InvalidError as error:
        raise InvalidError("PROOF_VERIFICATION_ERROR", f"The proof value cannot be read: {error.detail}") from error
