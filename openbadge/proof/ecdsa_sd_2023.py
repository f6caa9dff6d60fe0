"""The cryptosuite ecdsa-sd-2023: the holder of a credential shows a part of it, and the issuer's signature still holds.

VC Data Integrity ECDSA Cryptosuites 1.0, section 3.6. The issuer signs every statement for itself (`sd.issue`), the
holder derives a proof for the statements that are shown (`sd.derive`), and only such a proof is verified here: a base
proof holds the secret that keeps the hidden statements from being guessed, so it never goes to a verifier.
"""

from __future__ import annotations

from dataclasses import dataclass

from openbadge import canon
from openbadge.errors import InvalidError
from openbadge.multikey import PublicKey
from openbadge.proof.model import Document, Signer
from openbadge.proof.sd import labels, values
from openbadge.vocabulary import DATA_INTEGRITY_PROOF

NAME = "ecdsa-sd-2023"


@dataclass(frozen=True, slots=True)
class SelectiveSuite:
    """The suite as the table of suites wants it: it verifies derived proofs."""

    name: str = NAME
    proof_type: str = DATA_INTEGRITY_PROOF
    key_types: frozenset[str] = frozenset({"P-256"})
    signs_context: bool = False

    def create(self, unsecured: Document, config: Document, signer: Signer, load: canon.Loader) -> str:
        """Raise `InvalidError` PROOF_GENERATION_ERROR: a base proof needs pointers and secrets (`sd.issue.create`)."""
        raise InvalidError("PROOF_GENERATION_ERROR", f"{NAME} needs more than proof options; use proof.sd.issue.")

    def verify(self, unsecured: Document, config: Document, value: str, key: PublicKey, load: canon.Loader) -> None:
        """Accept a derived proof (section 3.6.7 "Verify Derived Proof").

        Raises `InvalidError`: PROOF_VERIFICATION_ERROR for the form, and for a number of signatures or labels that
        does not fit the document; CRYPTOGRAPHIC_SECURITY_ERROR for a signature that does not match.
        """
        derived = values.DerivedProof.decode(value)
        statements = labels.labelled(canon.quads(unsecured, load=load), derived.labels)
        mandatory, others = derived.split(statements)
        signed = values.sign_data(proof_hash(config, load), derived.public_key, mandatory)
        key.verify(derived.base_signature, signed)
        for signature, statement in zip(derived.signatures, others, strict=True):
            derived.public_key.verify(signature, statement.encode("utf-8"))


def proof_hash(config: Document, load: canon.Loader) -> bytes:
    """Return the SHA-256 of the canonical proof configuration (section 3.6.3).

    Raises `InvalidError` PROOF_VERIFICATION_ERROR for a proof that builds on another: statements of that other proof
    would have to be shown, too, which the suite does not describe.
    """
    if "previousProof" in config:
        raise InvalidError("PROOF_VERIFICATION_ERROR", f"A proof of {NAME} cannot build on another proof.")
    return values.sha256(canon.canonical(config, load=load))


SUITE = SelectiveSuite()
