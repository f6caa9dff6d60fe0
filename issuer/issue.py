"""Issuing: the one place where a credential comes into being, inside the caller's transaction.

    1. claim the business key: (institution, person, definition, occurrence) never gets two credentials
    2. allocate the credential's address and a random status entry
    3. make the credential (`issuer.make`) and verify it
    4. store the exact bytes; mark the completion; write the audit entry

Whatever fails undoes all of it. Nothing here sends anything: deliveries send what is stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from issuer import audit, completions, status
from issuer.db import Transaction
from issuer.make import CRYPTOSUITE, Maker, Plan
from issuer.model import Completion, DefinitionVersion, IssuedCredential
from issuer.store import credentials

SEED_BYTES: Final = 32
"""Bytes from which everything that is random in a credential is derived."""

__all__ = ["CRYPTOSUITE", "Issuance"]


@dataclass(frozen=True, slots=True)
class Issuance(Maker):
    """All that is the same for every credential that one institution issues with one key."""

    def issue(
        self, tx: Transaction, completion: Completion, version: DefinitionVersion, actor: str, now: datetime
    ) -> tuple[Completion, UUID]:
        """Issue the credential of a completion, or find the one that its business key already has.

        Returns the completion in its new state and the credential's key. Raises `LintError` and `FieldError` when
        the credential must not be signed; the caller then rolls back to before the call.
        """
        credential_id = credentials.claim(tx, completion, tx.new_id(now))
        if credentials.get(tx, credential_id) is None:
            record = self._record(tx, credential_id, completion, version, now)
            credentials.add(tx, record)
            detail = {"completion": str(completion.id), "sha256": record.sha256.hex(), "key": record.key_id}
            audit.append(tx, now, actor, "credential.issue", str(credential_id), detail)
        return completions.mark_issued(tx, completion, credential_id, actor, now), credential_id

    def _record(
        self, tx: Transaction, credential_id: UUID, completion: Completion, version: DefinitionVersion, now: datetime
    ) -> IssuedCredential:
        slot = status.allocate(tx, status.REVOCATION, now)
        made = self.make(Plan(completion, version, slot, tx.random_bytes(SEED_BYTES), now))
        self.verify(made)
        return IssuedCredential(
            id=credential_id,
            public_id=made.public_id,
            institution_id=tx.institution_id,
            completion_id=completion.id,
            definition_version_id=version.id,
            document=made.document,
            sha256=made.sha256,
            key_id=made.key_id,
            status_list_id=slot.list_id,
            status_index=slot.index,
            issued_at=now,
            jwt=self.token(made.document),
        )
