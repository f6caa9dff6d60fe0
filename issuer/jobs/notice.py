"""What a delivery says: made of what is stored at the moment of sending, so that nothing personal is kept twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from issuer.addresses import Addresses
from issuer.db import Transaction
from issuer.model import AuditEntry, Completion, Institution, IssuedCredential
from issuer.model.jobs import Delivery
from issuer.store import completions, credentials, definitions
from issuer.store import deliveries as store


@dataclass(frozen=True, slots=True)
class About:
    """The credential that a notice is about. `achievement` is its name, `version` that of the definition."""

    credential: IssuedCredential
    completion: Completion = field(repr=False)
    url: str
    achievement: str
    definition_id: str
    version: str


@dataclass(frozen=True, slots=True)
class Notice:
    """One message. `id` stays the same when it is sent again; `about` is None for events of other things."""

    id: UUID
    event: str
    at: datetime
    subject: str
    institution: Institution
    about: About | None


def compose(tx: Transaction, delivery: Delivery, institution: Institution, addresses: Addresses) -> Notice:
    """Return what a delivery says."""
    about = _about(tx, delivery.subject, addresses)
    return Notice(delivery.id, delivery.event, delivery.created_at, delivery.subject, institution, about)


def reachable(tx: Transaction, entries: Sequence[AuditEntry]) -> list[AuditEntry]:
    """Return the entries about credentials whose learner has an e-mail address."""
    known = store.with_address(tx, [key for entry in entries if (key := _key(entry.subject)) is not None])
    return [entry for entry in entries if _key(entry.subject) in known]


def _about(tx: Transaction, subject: str, addresses: Addresses) -> About | None:
    key = _key(subject)
    credential = None if key is None else credentials.get(tx, key)
    if credential is None:
        return None
    completion = completions.get(tx, credential.completion_id)
    version = definitions.get(tx, credential.definition_version_id)
    if completion is None or version is None:
        return None
    return About(
        credential=credential,
        completion=completion,
        url=addresses.credential(credential.public_id),
        achievement=version.definition.name,
        definition_id=version.definition_id,
        version=version.version,
    )


def _key(subject: str) -> UUID | None:
    try:
        return UUID(subject)
    except ValueError:
        return None
