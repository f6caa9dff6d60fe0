"""Embedded proofs: VC Data Integrity 1.0, section 4 "Algorithms", for every suite of the table.

What is not checked here, because it needs the world: whose key it is (issuer binding), and the times `created` and
`expires` against the clock. The verifier does both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from openbadge import contexts, timestamps
from openbadge.canon import Loader
from openbadge.errors import InvalidError
from openbadge.multikey import PublicKey
from openbadge.proof import suite_of
from openbadge.proof.chains import check_ancestors, check_chain, previous_proofs, proofs
from openbadge.proof.model import Cryptosuite, Document, Hashed, HashSuite, Signer, check_key
from openbadge.vocabulary import ASSERTION_METHOD, DATA_INTEGRITY_PROOF

__all__ = [
    "check_chain",
    "check_form",
    "create",
    "hash_data",
    "options",
    "parts",
    "previous_proofs",
    "proofs",
    "read_suite",
    "verify",
    "verify_all",
]


def options(cryptosuite: str, verification_method: str, created: datetime) -> dict[str, str]:
    """Return the proof options for an assertion (section 2.1 "Proofs"), without a proof value."""
    return {
        "type": DATA_INTEGRITY_PROOF,
        "cryptosuite": cryptosuite,
        "created": timestamps.write(created),
        "verificationMethod": verification_method,
        "proofPurpose": ASSERTION_METHOD,
    }


def create(
    document: Document, proof_options: Mapping[str, Any], signer: Signer, *, load: Loader = contexts.document
) -> dict[str, Any]:
    """Add a proof (section 4.2 "Add Proof"): returns the document with `proof`, a list with the new proof last.

    Raises `InvalidError` for a document that loses data when canonicalised, a key that does not fit the suite, or a
    suite that is not issued here (PROOF_GENERATION_ERROR: Ed25519Signature2020 is of the past, and ecdsa-sd-2023
    needs more than options, see `proof.sd.issue`).
    """
    chosen = suite_of(proof_options)
    config: dict[str, Any] = dict(proof_options)
    if chosen.signs_context and "@context" in document:
        config["@context"] = document["@context"]
    check_ancestors(document, config)
    value = chosen.create(*parts(document, config, chosen), signer, load)
    return {**document, "proof": [*proofs(document), {**config, "proofValue": value}]}


def verify(
    document: Document,
    proof: Document,
    key: PublicKey,
    *,
    load: Loader = contexts.document,
    hashed: Hashed | None = None,
) -> None:
    """Accept one proof of a document under a key (section 4.4 "Verify Proof"), or raise `InvalidError`.

    `document` may hold its proofs; they are left out, but those that the proof builds on. That these hold is for the
    caller to find out, by verifying every one of them. A caller that has the canonical form already hands the hashes
    over: it then answers for them, and a suite that signs RDF does not canonicalise. Codes: UNSUPPORTED_SUITE,
    PROOF_VERIFICATION_ERROR, CRYPTOGRAPHIC_SECURITY_ERROR, and those of canonicalisation.
    """
    chosen = read_suite(proof)
    if hashed is not None and _is_simple(proof) and isinstance(chosen, HashSuite) and chosen.of_rdf:
        chosen.verify_hashed(hashed, proof, key)
        return
    check_key(chosen, key.algorithm)
    check_ancestors(document, proof)
    config = {name: value for name, value in proof.items() if name != "proofValue"}
    unsecured, config = parts(document, config, chosen)
    chosen.verify(unsecured, config, proof["proofValue"], key, load)


def _is_simple(proof: Document) -> bool:
    """Say whether a proof is over its document alone, and read with the document's vocabularies."""
    return "previousProof" not in proof and "@context" not in proof


def verify_all(
    document: Document, find_key: Callable[[Document], PublicKey], *, load: Loader = contexts.document
) -> None:
    """Accept a document of which every proof holds, under the key that `find_key(proof)` returns for each.

    That is a proof set or chain (section 2.1.1 and 2.1.2): one that builds on a proof that fails, fails with it.
    Raises `InvalidError` as `verify`, and PROOF_VERIFICATION_ERROR when there is no proof.
    """
    if not proofs(document):
        raise InvalidError("PROOF_VERIFICATION_ERROR", "The document has no proof.")
    check_chain(document)
    for proof in proofs(document):
        read_suite(proof)
        verify(document, proof, find_key(proof), load=load)


def hash_data(document: Document, proof_config: Document, key_type: str, *, load: Loader = contexts.document) -> bytes:
    """Return the bytes that a suite of two hashes signs for `document` under `proof_config` (a proof without value).

    Raises `InvalidError` UNSUPPORTED_SUITE for a suite that signs something else, and as `verify`.
    """
    chosen = suite_of(proof_config)
    if not isinstance(chosen, HashSuite):
        raise InvalidError("UNSUPPORTED_SUITE", f"The suite {chosen.name} does not sign two hashes.")
    return chosen.hash_data(*parts(document, proof_config, chosen), key_type, load)


def parts(document: Document, proof_config: Document, chosen: Cryptosuite) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what is signed: the document with the proofs that this one builds on, and the proof configuration.

    A JCS proof carries the `@context` that its document began with, and the document is read with that one, so that
    contexts added later do not break the proof (VC Data Integrity EdDSA 1.0 section 3.3.2). Any other proof is read
    with the document's. Raises `InvalidError` PROOF_VERIFICATION_ERROR for a proof with another `@context`.
    """
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    config = dict(proof_config)
    previous = previous_proofs(document, proof_config)
    if previous:
        unsecured["proof"] = previous
    if chosen.signs_context:
        _keep_context(unsecured, config)
    elif config.setdefault("@context", document.get("@context")) != document.get("@context"):
        # its members could mean something else than the same members of the document
        raise InvalidError("PROOF_VERIFICATION_ERROR", "The proof uses other vocabularies than its document.")
    return unsecured, config


def check_form(proof: Any) -> None:
    """Accept the form of a `DataIntegrityProof`: an object of that type with all required members.

    Raises `InvalidError` PROOF_VERIFICATION_ERROR, or UNSUPPORTED_SUITE for another proof type or suite.
    """
    if isinstance(proof, dict) and proof.get("type") != DATA_INTEGRITY_PROOF:
        raise InvalidError(
            "UNSUPPORTED_SUITE", f"Proofs of the type {str(proof.get('type'))[:50]!r} are not supported."
        )
    read_suite(proof)


def read_suite(proof: Any) -> Cryptosuite:
    """Return the suite of a proof of any type in the table, once its form is right: as `check_form`.

    A type that names its own suite (Ed25519Signature2020) requires `created` and has no `cryptosuite`.
    """
    if not isinstance(proof, dict):
        raise InvalidError("PROOF_VERIFICATION_ERROR", "The proof is not an object.")
    own = ("cryptosuite",) if proof.get("type") == DATA_INTEGRITY_PROOF else ("created",)
    for name in (*own, "verificationMethod", "proofPurpose", "proofValue"):
        if not isinstance(proof.get(name), str):
            raise InvalidError("PROOF_VERIFICATION_ERROR", f"The proof lacks the member {name}.")
    for name in ("created", "expires"):
        if name in proof:
            timestamps.parse(proof[name], f"proof.{name}")
    return suite_of(proof)


def _keep_context(unsecured: dict[str, Any], config: Mapping[str, Any]) -> None:
    if ("@context" in unsecured) != ("@context" in config):
        raise InvalidError(
            "PROOF_VERIFICATION_ERROR", "The proof and its document do not both say what vocabularies they use."
        )
    if "@context" in config:
        here, kept = (
            value if isinstance(value, list) else [value] for value in (unsecured["@context"], config["@context"])
        )
        if here[: len(kept)] != kept:
            raise InvalidError(
                "PROOF_VERIFICATION_ERROR", "The document does not begin with the vocabularies of its proof."
            )
        unsecured["@context"] = config["@context"]
