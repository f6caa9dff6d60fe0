"""What is kept of signing keys, former credentials and checkpoints, one dataclass per kind of row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

LOST: Final = "lost"
"""Where a key is that has no file any more."""


@dataclass(frozen=True, slots=True)
class RecordedKey:
    """The public part of a signing key as it is on record: the members `public` and `mark` of its file."""

    name: str
    institution_id: UUID
    public: Mapping[str, Any]
    mark: Mapping[str, str] | None
    recorded_at: datetime

    @property
    def store(self) -> str:
        """Where the secret is: a key that is nowhere but on record has lost its file."""
        return LOST


@dataclass(frozen=True, slots=True)
class FormerEdition:
    """A credential as it was before it was issued again; the live one is the `IssuedCredential` of the same id."""

    credential_id: UUID
    edition: int
    sha256: bytes
    key_id: str
    status_list_id: UUID
    status_index: int
    issued_at: datetime
    replaced_at: datetime
    document: bytes = field(repr=False)
    jwt: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed statement (a compact JWS) that the audit log had the entry `seq` with this hash at a moment."""

    seq: int
    institution_id: UUID
    hash: bytes
    at: datetime
    key_id: str
    token: str
