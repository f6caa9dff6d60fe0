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
from openbadge.proof.model import Cryptosuite, Document, Signer
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
    chosen = suite(proof_options["cryptosuite"])
    _check_key(chosen, signer.algorithm)
    data = hash_data(document, proof_options, signer.algorithm)
    proof = {**proof_options, "proofValue": multibase.encode_base58btc(signer.sign(data))}
    return {**document, "proof": [*proofs(document), proof]}


def verify(document: Document, proof: Document, key: PublicKey) -> None:
    """Accept one proof of a document under a key (section 4.4 "Verify Proof"), or raise `InvalidError`.

    `document` may hold its proofs; they are left out. Codes: UNSUPPORTED_SUITE, PROOF_VERIFICATION_ERROR,
    CRYPTOGRAPHIC_SECURITY_ERROR, and those of canonicalisation.
    """
    check_form(proof)
    chosen = suite(proof["cryptosuite"])
    _check_key(chosen, key.algorithm)
    signature = _signature(proof["proofValue"])
    config = {name: value for name, value in proof.items() if name != "proofValue"}
    key.verify(signature, hash_data(document, config, key.algorithm))


def hash_data(document: Document, proof_config: Document, key_type: str) -> bytes:
    """Return the bytes a suite signs for `document` under `proof_config` (members of the proof, no proof value)."""
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    config = {**proof_config, "@context": document.get("@context")}  # never the proof's own: it could rename members
    return suite(proof_config["cryptosuite"]).hash_data(unsecured, config, key_type)


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


def _check_key(chosen: Cryptosuite, algorithm: str) -> None:
    if algorithm not in chosen.key_types:
        raise InvalidError("PROOF_VERIFICATION_ERROR", f"A key of type {algorithm} cannot be used with {chosen.name}.")


def _signature(proof_value: str) -> bytes:
    if not proof_value.startswith("z"):
        raise InvalidError("PROOF_VERIFICATION_ERROR", "The proof value is not written in base58btc.")
    try:
        return multibase.decode_multibase(proof_value)
    except InvalidError as error:
        raise InvalidError("PROOF_VERIFICATION_ERROR", f"The proof value cannot be read: {error.detail}") from error
