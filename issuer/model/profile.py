"""Issuer profiles: what the VC-API signs with, one key and one cryptosuite each, and what it issued with a status."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

VC_JWT: Final = "vc+jwt"
"""Stands for a cryptosuite where a profile issues enveloped credentials: VC-JOSE-COSE section 3.1, JOSE."""
LIST_SUITES: Final = MappingProxyType(
    {"Ed25519": "eddsa-rdfc-2022", "P-256": "ecdsa-rdfc-2019", "P-384": "ecdsa-rdfc-2019"}
)
"""The suite of a profile's status lists by its key type: one whose lists anybody can read and verify."""


@dataclass(frozen=True, slots=True)
class IssuerProfile:
    """An issuer of the VC-API, known by `name` in addresses and by its did:key in credentials.

    `with_status` says that what it issues can be revoked.
    """

    id: UUID
    institution_id: UUID
    name: str
    did: str
    cryptosuite: str
    key_type: str
    with_status: bool
    created_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ProfileCredential:
    """A credential that a profile issued with a status entry. The document itself is not kept, only the SHA-256 of
    its canonical JSON (RFC 8785).

    `credential_id` is the name by which the caller knows it; several may have the same.
    """

    id: UUID
    institution_id: UUID
    profile_id: UUID
    credential_id: str
    sha256: bytes
    status_list_id: UUID
    status_index: int
    issued_at: datetime
