"""Issuing: the one place where a credential comes into being, inside the caller's transaction.

    1. claim the business key: (institution, person, definition, occurrence) never gets two credentials
    2. allocate the credential's address and a random status entry
    3. fill the slots of the template
    4. lint: rehearse with a throw-away key, verify with our own verifier, apply the rules
    5. sign what was linted: only the proof value differs
    6. verify the signature; store the exact bytes; mark the completion; write the audit entry

Whatever fails undoes all of it. Nothing here sends anything: deliveries send what is stored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from issuer import audit, completions, status
from issuer.achievement import fixed_content
from issuer.addresses import Addresses
from issuer.db import Transaction
from issuer.errors import IntegrityError
from issuer.keys import Signer
from issuer.lint import Linter
from issuer.model import Completion, CompletionReport, DefinitionVersion, Institution, IssuedCredential, StatusSlot
from issuer.model.report import DefinitionRef, Evidence, Learner, Result
from issuer.status_document import signed
from issuer.store import credentials
from issuer.template import Draft, Template
from issuer.values import signing_values, slot_values
from openbadge import multibase, strict_json
from openbadge.errors import InvalidError
from openbadge.proof import data_integrity, vc_jwt

TEMPLATE: Final = "micro-credential"
CRYPTOSUITE: Final = "eddsa-rdfc-2022"
"""The embedded proof that Open Badges 3.0 certification asks for."""
PUBLIC_ID_BYTES: Final = 16
"""128 random bits: nobody finds a credential by trying addresses."""


@dataclass(frozen=True, slots=True)
class Issuance:
    """All that is the same for every credential that one institution issues with one key."""

    institution: Institution
    addresses: Addresses
    signer: Signer
    linter: Linter

    def draft(self, version: DefinitionVersion) -> Draft:
        """Return the template with the content of a definition version in it: only slots are open."""
        fixed = fixed_content(version.definition, self.institution, self.addresses)
        return Template.load(TEMPLATE).apply(fixed)

    def rehearse(self, tx: Transaction, version: DefinitionVersion, now: datetime) -> None:
        """Prove with an invented completion that credentials of a version can be issued; changes nothing.

        Raises `LintError` or `FieldError`.
        """
        list_id = UUID(bytes=tx.random_bytes(16), version=4)
        slot = StatusSlot(list_id, 0, self.addresses.status_list(list_id))
        self.linter.check(self._document(tx, _invented(tx, version, now), version, slot, now)[1], now)

    def issue(
        self, tx: Transaction, completion: Completion, version: DefinitionVersion, actor: str, now: datetime
    ) -> tuple[Completion, UUID]:
        """Issue the credential of a completion, or find the one that its business key already has.

        Returns the completion in its new state and the credential's key. Raises `LintError` and `FieldError` when
        the credential must not be signed; the caller then rolls back to before the call.
        """
        credential_id = credentials.claim(tx, completion, tx.new_id(now))
        if credentials.get(tx, credential_id) is None:
            record = self._make(tx, credential_id, completion, version, now)
            credentials.add(tx, record)
            detail = {"completion": str(completion.id), "sha256": record.sha256.hex(), "key": record.key_id}
            audit.append(tx, now, actor, "credential.issue", str(credential_id), detail)
        return completions.mark_issued(tx, completion, credential_id, actor, now), credential_id

    def _make(
        self, tx: Transaction, credential_id: UUID, completion: Completion, version: DefinitionVersion, now: datetime
    ) -> IssuedCredential:
        slot = status.allocate(tx, status.REVOCATION, now)
        public_id, document = self._document(tx, completion, version, slot, now)
        self.linter.check(document, now)
        credential = signed(document, CRYPTOSUITE, self.signer, now)
        token = vc_jwt.create(document, self.signer)
        self._verify(credential, token)
        data = strict_json.dumps(credential)
        return IssuedCredential(
            id=credential_id,
            public_id=public_id,
            institution_id=tx.institution_id,
            completion_id=completion.id,
            definition_version_id=version.id,
            document=data,
            sha256=hashlib.sha256(data).digest(),
            key_id=self.signer.verification_method,
            status_list_id=slot.list_id,
            status_index=slot.index,
            issued_at=now,
            jwt=token,
        )

    def _document(
        self, tx: Transaction, completion: Completion, version: DefinitionVersion, slot: StatusSlot, now: datetime
    ) -> tuple[str, dict[str, Any]]:
        public_id = multibase.base64url_encode(tx.random_bytes(PUBLIC_ID_BYTES))
        values: dict[str, Any] = {
            **slot_values(completion, version.definition, self.addresses, tx.random_bytes),
            **signing_values(public_id, slot, self.addresses, now),
        }
        return public_id, self.draft(version).fill(values)

    def _verify(self, credential: Mapping[str, Any], token: str) -> None:
        """Verify the real signatures before they are stored: a key store can be broken, too."""
        try:
            proof = data_integrity.proofs(credential)[-1]
            data_integrity.verify(credential, proof, self.signer.public_key)
            parsed = vc_jwt.parse(token)
            vc_jwt.verify(parsed, self.signer.public_key)
            vc_jwt.check_claims(parsed)
        except InvalidError as error:
            raise IntegrityError(f"The signing key made a signature that does not verify: {error.detail}") from error


def _invented(tx: Transaction, version: DefinitionVersion, now: datetime) -> Completion:
    """Return a completion that never was, with every optional value that one can have."""
    report = CompletionReport(
        source="rehearsal",
        source_id=str(version.id),
        definition=DefinitionRef(version.definition_id, version.version),
        learner=Learner("rehearsal", "Ada Example", "ada@example.org"),
        completed_at=now,
        result=tuple(Result(item.id, value="1", status="Completed") for item in version.definition.results),
        evidence=(Evidence("https://example.org/evidence", "Evidence", "Some work", "It shows the outcome."),),
    )
    return completions.new(tx, report, report.canonical_bytes(), now)
