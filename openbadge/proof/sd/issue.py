"""Base proofs, made by the issuer: VC Data Integrity ECDSA Cryptosuites 1.0, sections 3.6.1 to 3.6.5."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from openbadge import canon, contexts
from openbadge.errors import InvalidError
from openbadge.multikey import PublicKey
from openbadge.proof.chains import proofs
from openbadge.proof.ecdsa_sd_2023 import NAME, SUITE, proof_hash
from openbadge.proof.model import Document, Signer, check_key
from openbadge.proof.sd import values
from openbadge.proof.sd.labels import DIGEST_BYTES
from openbadge.proof.sd.statements import Statements
from openbadge.vocabulary import DATA_INTEGRITY_PROOF

ESSENTIAL: Final = (
    "issuer", "validFrom", "validUntil", "issuanceDate", "expirationDate", "credentialStatus", "credentialSchema",
    "termsOfUse",
)  # fmt: skip
"""Members that limit a credential: a holder who may hide them can show a revoked or expired one as good."""


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What a base proof needs besides options and a signer.

    `mandatory_pointers` are JSON pointers to what every derived credential shows. `hmac_key` is 32 random bytes.
    `public_key` and `sign` are a P-256 key pair made for this one proof and thrown away after it; `sign` returns
    r||s, 64 bytes. Raises `InvalidError` PROOF_GENERATION_ERROR for another length or kind of key.
    """

    mandatory_pointers: tuple[str, ...]
    hmac_key: bytes = field(repr=False)
    public_key: PublicKey
    sign: Callable[[bytes], bytes] = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.hmac_key) != DIGEST_BYTES or self.public_key.algorithm != "P-256":
            raise InvalidError("PROOF_GENERATION_ERROR", f"{NAME} needs an HMAC key of 32 bytes and a key of P-256.")


def essential_pointers(document: Document) -> tuple[str, ...]:
    """Return pointers to those of the members `ESSENTIAL` that a credential has: the least to make mandatory."""
    return tuple(f"/{name}" for name in ESSENTIAL if name in document)


def create(
    document: Document,
    proof_options: Mapping[str, Any],
    signer: Signer,
    disclosure: Disclosure,
    *,
    load: canon.Loader = contexts.document,
) -> dict[str, Any]:
    """Return the document with a base proof added to its `proof`, a list. It is for the holder alone.

    Raises `InvalidError`: PROOF_GENERATION_ERROR for options of another suite, PROOF_VERIFICATION_ERROR for a signer
    that is not of P-256, and as `Statements.read` and `Statements.select`.
    """
    if (proof_options.get("type"), proof_options.get("cryptosuite")) != (DATA_INTEGRITY_PROOF, NAME):
        raise InvalidError("PROOF_GENERATION_ERROR", f"The proof options are not those of {NAME}.")
    check_key(SUITE, signer.algorithm)
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    config = {**proof_options, "@context": document.get("@context")}
    value = base_proof(
        Statements.read(unsecured, disclosure.hmac_key, load), proof_hash(config, load), signer, disclosure
    )
    return {**document, "proof": [*proofs(document), {**proof_options, "proofValue": value.encode()}]}


def base_proof(
    statements: Statements, hash_of_proof: bytes, signer: Signer, disclosure: Disclosure
) -> values.BaseProof:
    """Sign what is mandatory with the issuer's key, and every other statement with the key of this proof."""
    shown = set(statements.select(disclosure.mandatory_pointers).indexes)
    mandatory = [line for index, line in enumerate(statements.lines) if index in shown]
    others = [line for index, line in enumerate(statements.lines) if index not in shown]
    return values.BaseProof(
        signer.sign(values.sign_data(hash_of_proof, disclosure.public_key, mandatory)),
        disclosure.public_key,
        disclosure.hmac_key,
        tuple(disclosure.sign(line.encode("utf-8")) for line in others),
        tuple(disclosure.mandatory_pointers),
    )
