"""Proofs: Data Integrity with one small module per cryptosuite, and the VC-JWT container.

`SUITES` is the one table: a suite that is not in it is not supported, and nothing stands in for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from openbadge.errors import InvalidError
from openbadge.proof.ecdsa_jcs_2019 import SUITE as ECDSA_JCS_2019
from openbadge.proof.ecdsa_rdfc_2019 import SUITE as ECDSA_RDFC_2019
from openbadge.proof.ecdsa_sd_2023 import SUITE as ECDSA_SD_2023
from openbadge.proof.ed25519_signature_2020 import SUITE as ED25519_SIGNATURE_2020
from openbadge.proof.eddsa_jcs_2022 import SUITE as EDDSA_JCS_2022
from openbadge.proof.eddsa_rdfc_2022 import SUITE as EDDSA_RDFC_2022
from openbadge.proof.model import Cryptosuite, Document, Signer
from openbadge.vocabulary import DATA_INTEGRITY_PROOF

_ALL: Final[tuple[Cryptosuite, ...]] = (
    EDDSA_RDFC_2022,
    EDDSA_JCS_2022,
    ECDSA_RDFC_2019,
    ECDSA_JCS_2019,
    ECDSA_SD_2023,
    ED25519_SIGNATURE_2020,
)
SUITES: Final[Mapping[tuple[str, str], Cryptosuite]] = MappingProxyType(
    {(row.proof_type, row.name if row.proof_type == DATA_INTEGRITY_PROOF else ""): row for row in _ALL}
)
"""Suites by the members `type` and `cryptosuite` of a proof; the latter is "" where the type names the suite."""

__all__ = ["SUITES", "Cryptosuite", "Document", "Signer", "suite", "suite_of"]


def suite(name: object) -> Cryptosuite:
    """Look the suite of a `DataIntegrityProof` up by its `cryptosuite`. Raises `InvalidError` UNSUPPORTED_SUITE."""
    return suite_of({"type": DATA_INTEGRITY_PROOF, "cryptosuite": name})


def suite_of(proof: Document) -> Cryptosuite:
    """Look the suite of a proof up by its `type` and `cryptosuite`. Raises `InvalidError` UNSUPPORTED_SUITE."""
    kind, name = proof.get("type"), proof.get("cryptosuite", "")
    found = SUITES.get((kind, name)) if isinstance(kind, str) and isinstance(name, str) else None
    if found is None:
        shown = f"{str(kind)[:50]!r} and cryptosuite {str(name)[:50]!r}"
        raise InvalidError("UNSUPPORTED_SUITE", f"Signatures of the type {shown} are not supported.")
    return found
