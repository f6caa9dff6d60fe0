"""The issuer of one institution: what people and programs can ask of it, with everything wired together.

A method opens the transactions that it needs; what it returns is committed. Clock and randomness come from outside.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from issuer import audit, definitions, status
from issuer.achievement import achievement_json
from issuer.addresses import Addresses
from issuer.db import Database
from issuer.decisions import Decisions
from issuer.definitions import Decision
from issuer.errors import NotFoundError, StateError
from issuer.group import GroupCommit
from issuer.intake import Intake
from issuer.keys import KeyStore
from issuer.keys_desk import KeyDesk
from issuer.model import (
    Definition,
    DefinitionState,
    DefinitionVersion,
    Institution,
    IssuedCredential,
    StatusChange,
)
from issuer.model.canonical import sha256
from issuer.publication import Publishing, StatusPublisher
from issuer.review_desk import ReviewDesk
from issuer.signing import Signing
from issuer.store import credentials
from issuer.store import definitions as definition_store
from openbadge import strict_json

PUBLIC: Final = "anybody"
"""Who is answerable for what any visitor of a public address may cause."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where files are: published status lists, and compiled templates, which all processes of the home share."""

    publishing: Publishing
    compiled: Path | None = None


class Service:
    """The issuer of one institution. Safe to use from several threads.

    `key_desk`, `signing`, `status_lists`, `decisions` and `completions` are its parts for what people do to keys,
    signing, status lists, what is decided about credentials, and completions; single reports over HTTP queue at
    `reports`, where those that come at the same time share a transaction. At `reviews` waits what a person has to
    decide.
    """

    def __init__(
        self,
        database: Database,
        institution: Institution,
        addresses: Addresses,
        keys: KeyStore,
        clock: Callable[[], datetime],
        places: Places,
    ) -> None:
        self.database = database
        self.institution = institution
        self.addresses = addresses
        self.keys = keys
        self.clock = clock
        self.key_desk = KeyDesk(database, institution, keys, clock)
        random_bytes = database.random_bytes
        self.signing = Signing(keys, institution, addresses, random_bytes, self.key_desk.published, places.compiled)
        self.status_lists = StatusPublisher(database, institution, self.signing, clock, places.publishing)
        self.decisions = Decisions(database, institution.id, self.status_lists, clock)
        self.completions = Intake(database, institution.id, self.signing, clock)
        self.reports = GroupCommit(self.completions.admit_many)
        self.reviews = ReviewDesk(database, institution.id, self.status_lists, clock)

    def import_definition(self, content: bytes, actor: str, *, replace_draft: bool = False) -> DefinitionVersion:
        """Take in a definition version (JSON bytes) as a draft. Errors as for `definitions.import_definition`,
        and `InvalidError` for bytes that are not one JSON object."""
        definition = Definition.from_json(strict_json.loads(content))
        with self.database.begin_write(self.institution.id) as tx:
            return definitions.import_definition(tx, definition, actor, self.clock(), replace_draft=replace_draft)

    def approve(self, definition_id: str, version: str, decision: Decision, actor: str) -> DefinitionVersion:
        """Approve a draft after proving that it can be issued; then issue what waited for it.

        Raises `LintError` when a credential of it could not be signed, and what `definitions.approve` raises.
        """
        issuance = self.signing.issuance()
        now = self.clock()
        with self.database.begin_write(self.institution.id) as tx:
            approved = definitions.approve(tx, definition_id, version, decision, actor, now)
            issuance.rehearse(approved, now)
        self.completions.release(actor, definition_id)
        return approved

    def retire(self, definition_id: str, version: str, actor: str) -> DefinitionVersion:
        """Retire an approved version. Errors as for `definitions.retire`."""
        with self.database.begin_write(self.institution.id) as tx:
            return definitions.retire(tx, definition_id, version, actor, self.clock())

    def list_definitions(self, state: DefinitionState | None = None) -> tuple[DefinitionVersion, ...]:
        """Return all definition versions, or those in one state."""
        with self.database.begin_read(self.institution.id) as tx:
            return definition_store.every(tx, state)

    def definition(self, definition_id: str, version: str) -> DefinitionVersion:
        """Return one definition version. Raises `NotFoundError`."""
        with self.database.begin_read(self.institution.id) as tx:
            found = definition_store.find(tx, definition_id, version)
        if found is None:
            raise NotFoundError(f"There is no version {version} of the definition “{definition_id}” here.")
        return found

    def achievement(self, definition_id: str, version: str) -> dict[str, Any] | None:
        """Return the Achievement of a version that was ever approved, or None."""
        with self.database.begin_read(self.institution.id) as tx:
            found = definition_store.find(tx, definition_id, version)
        if found is None or found.state is DefinitionState.DRAFT:
            return None
        return achievement_json(found.definition, self.addresses)

    def credential(self, public_id: str) -> IssuedCredential | None:
        """Return the credential at a public address, or None."""
        with self.database.begin_read(self.institution.id) as tx:
            return credentials.by_public_id(tx, public_id)

    def decision(self, credential: IssuedCredential) -> StatusChange | None:
        """Return what is decided about a credential now, None if it is in force."""
        with self.database.begin_read(self.institution.id) as tx:
            change = status.current(tx, credential)
        return change if change is not None and change.is_set else None

    def token(self, public_id: str) -> str:
        """Return the token form (VC-JWT) of the credential at a public address, signed when it is first asked for.

        Raises `NotFoundError`; `StateError` for a revoked credential whose token was never asked for, since a
        signature made now would be younger than the revocation; and what `Signing.token` raises.
        """
        found = self.credential(public_id)
        if found is None:
            raise NotFoundError("There is no such credential here.")
        return found.jwt or self._tokened(public_id)

    def _tokened(self, public_id: str) -> str:
        """Sign in the transaction that stores: so no token is of an edition, or by a key, that was just replaced."""
        now = self.clock()
        with self.database.begin_write(self.institution.id) as tx:
            credential = credentials.by_public_id(tx, public_id)
            if credential is None or credential.institution_id != self.institution.id:
                raise NotFoundError("There is no such credential here.")
            if credential.jwt is not None:
                return credential.jwt
            if status.is_revoked(tx, credential):
                raise StateError("This credential was revoked, so no token is made of it any more.")
            if self.signing.is_revoked(credential.key_id):
                raise StateError("The key that signed this credential was compromised, and it is not issued again yet.")
            token = self.signing.token(credential.document)
            credentials.keep_token(tx, credential, token)
            key_id = self.signing.token_signer().verification_method
            detail = {"sha256": sha256(token.encode()).hex(), "key": key_id}
            audit.append(tx, now, PUBLIC, "credential.token", str(credential.id), detail)
            return token

    def list_credentials(self, limit: int = 100, after: UUID | None = None) -> tuple[IssuedCredential, ...]:
        """Return credentials in order of issue; `after` is the last id that is known."""
        with self.database.begin_read(self.institution.id) as tx:
            return credentials.page(tx, limit, after)
