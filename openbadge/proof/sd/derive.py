"""Derived proofs, made by the holder: VC Data Integrity ECDSA Cryptosuites 1.0, sections 3.5.4 and 3.6.6."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from openbadge import canon, contexts
from openbadge.errors import InvalidError
from openbadge.proof import suite_of
from openbadge.proof.ecdsa_sd_2023 import NAME
from openbadge.proof.model import Document
from openbadge.proof.sd import values
from openbadge.proof.sd.statements import Selection, Statements


def derive(
    document: Document, proof: Document, selective_pointers: Sequence[str], *, load: canon.Loader = contexts.document
) -> dict[str, Any]:
    """Return the part of `document` that its issuer made mandatory and `selective_pointers` add, with a derived proof.

    `proof` is the base proof among the document's. Nothing secret is left in the result; other proofs are, of course,
    left out. Raises `InvalidError`: UNSUPPORTED_SUITE or PROOF_VERIFICATION_ERROR for a proof that is no base proof of
    this document, PROOF_GENERATION_ERROR when nothing is selected, and as `Statements.select`.
    """
    if suite_of(proof).name != NAME or not isinstance(proof.get("proofValue"), str):
        raise InvalidError("UNSUPPORTED_SUITE", f"The proof is not one of {NAME}.")
    base = values.BaseProof.decode(proof["proofValue"])
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    statements = Statements.read(unsecured, base.hmac_key, load)
    shown = statements.select([*base.mandatory_pointers, *selective_pointers])
    if not shown.indexes:
        raise InvalidError("PROOF_GENERATION_ERROR", "Nothing is selected, so nothing could be shown.")
    value = derived_proof(base, statements, shown).encode()
    return {**shown.document, "proof": [{**proof, "proofValue": value}]}


def derived_proof(base: values.BaseProof, statements: Statements, shown: Selection) -> values.DerivedProof:
    """Keep the signatures of what is shown (section 3.5.4 "createDisclosureData", steps 7 to 14).

    Raises `InvalidError` PROOF_VERIFICATION_ERROR for a base proof with another number of signatures than statements.
    """
    mandatory = set(statements.select(base.mandatory_pointers).indexes)
    others = [index for index in range(len(statements.lines)) if index not in mandatory]
    if len(others) != len(base.signatures):
        raise InvalidError("PROOF_VERIFICATION_ERROR", "The base proof is that of another document.")
    return values.DerivedProof(
        base.base_signature,
        base.public_key,
        tuple(text for index, text in zip(others, base.signatures, strict=True) if index in set(shown.indexes)),
        shown.labels,
        tuple(place for place, index in enumerate(shown.indexes) if index in mandatory),
    )
