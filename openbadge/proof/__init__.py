"""Proofs: Data Integrity with one small module per cryptosuite, and the VC-JWT container.

`SUITES` is the one table: a suite that is not in it is not supported, and nothing stands in for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from openbadge.errors import InvalidError
from openbadge.proof import ecdsa_jcs_2019, ecdsa_rdfc_2019, eddsa_jcs_2022, eddsa_rdfc_2022
from openbadge.proof.model import Cryptosuite, Document, Signer

_MODULES = (eddsa_rdfc_2022, eddsa_jcs_2022, ecdsa_rdfc_2019, ecdsa_jcs_2019)
SUITES: Final[Mapping[str, Cryptosuite]] = MappingProxyType({module.NAME: module.SUITE for module in _MODULES})

__all__ = ["SUITES", "Cryptosuite", "Document", "Signer", "suite"]


def suite(name: object) -> Cryptosuite:
    """Look a cryptosuite up. Raises `InvalidError` UNSUPPORTED_SUITE."""
    if not isinstance(name, str) or name not in SUITES:
        raise InvalidError("UNSUPPORTED_SUITE", f"Signatures of the kind {str(name)[:50]!r} are not supported.")
    return SUITES[name]
