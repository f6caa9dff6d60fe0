"""A maker with a key in memory, and plans for it: credentials without a database."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from issuer.addresses import Addresses
from issuer.compiled_cache import CompiledTemplates
from issuer.keys import rehearsal_signer
from issuer.lint import linter
from issuer.make import CRYPTOSUITE, Maker, Plan
from issuer.model import Completion, CompletionState, DefinitionState, DefinitionVersion, Institution, StatusSlot
from tests.issuer.samples import definition, report

NOW = datetime(2026, 11, 24, 12, 0, 0, 250_000, tzinfo=UTC)
ID = UUID(int=7, version=4)
INSTITUTION = Institution(
    ID, "uni", "did:web:uni.example", "https://uni.example", "Example University", "https://uni.example", "IE", NOW
)
ADDRESSES = Addresses(INSTITUTION.base_url)
SIGNER = rehearsal_signer("did:web:uni.example#key-1", "Ed25519", lambda size: bytes(range(size)))
LIST = ADDRESSES.status_list(ID)


def maker(folder: Path | None = None, signer: Any = SIGNER) -> Maker:
    """A maker as `Signing` makes one; the rehearsal key is the real one, as nothing here is published."""
    proof = linter(INSTITUTION.did, CRYPTOSUITE, SIGNER, SIGNER.public_key)
    return Maker(INSTITUTION, ADDRESSES, signer, proof, CompiledTemplates(folder))


def version(**changes: Any) -> DefinitionVersion:
    """The sample definition, approved."""
    content = definition(**changes)
    return DefinitionVersion(
        id=ID, institution_id=ID, definition_id=content.id, version=content.version, state=DefinitionState.APPROVED,
        content=content.canonical_bytes(), digest=content.digest, created_by="author", created_at=NOW,
    )  # fmt: skip


VERSION = version()


def completion(**changes: Any) -> Completion:
    """The completion that the sample report with `changes` makes."""
    said = report(**changes)
    return Completion(
        id=ID, institution_id=ID, source=said.source, source_id=said.source_id, raw=json.dumps(said.to_json()).encode(),
        digest=said.digest, state=CompletionState.RECEIVED, definition_id=said.definition.id, person=said.learner.id,
        occurrence="", learner_name=said.learner.name, learner_email=said.learner.email, learner_did=said.learner.did,
        completed_at=said.completed_at, received_at=NOW, parsed=said,
    )  # fmt: skip


def plan(number: int = 1, of: DefinitionVersion = VERSION, at: datetime = NOW, **changes: Any) -> Plan:
    """A plan for the sample report with `changes`."""
    seed = hashlib.sha256(str(number).encode()).digest()
    return Plan(completion(**changes), of, StatusSlot(ID, number, LIST), seed, at)
