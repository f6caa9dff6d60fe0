"""Reviews: reports that change nothing by themselves and wait for a person.

    conflict     another report under a (source, source id) that is known: an error of the source, or a correction
    withdrawal   a source takes a completion back: a person decides whether the credential is revoked

As long as a withdrawal waits, nothing is issued for what it takes back, if that happened before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from issuer.db import Transaction
from issuer.decide import Key
from issuer.model import Review, ReviewKind, ReviewState
from issuer.store import reviews as store


@dataclass(frozen=True, slots=True)
class Reported:
    """What is kept of a report: its bytes, the SHA-256 of what they say, its name, its business key, when that
    happened, who sent it, and the completion that it is about."""

    raw: bytes
    digest: bytes
    name: tuple[str, str]
    key: Key
    occurred_at: datetime
    actor: str
    completion_id: UUID | None


def keep(tx: Transaction, kind: ReviewKind, reported: Reported, now: datetime) -> Review:
    """Keep a report for a person to look at, once; return the review, which may be settled already."""
    source, source_id = reported.name
    person, definition_id, occurrence = reported.key
    record = Review(
        id=tx.new_id(now),
        institution_id=tx.institution_id,
        kind=kind,
        state=ReviewState.OPEN,
        source=source,
        source_id=source_id,
        person=person,
        definition_id=definition_id,
        occurrence=occurrence,
        raw=reported.raw,
        digest=reported.digest,
        occurred_at=reported.occurred_at,
        received_at=now,
        reported_by=reported.actor,
        completion_id=reported.completion_id,
    )
    if store.add_new(tx, record):
        return record
    return store.find(tx, kind, source, source_id, reported.digest) or record
