"""Reviews: reports that change nothing by themselves and wait for a person.

conflict     another report under a (source, source id) that is known: an error of the source, or a correction
withdrawal   a source takes a completion back: a person decides whether the credential is revoked
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from uuid import UUID

from issuer import audit
from issuer.db import Transaction
from issuer.errors import NotFoundError, StateError
from issuer.model import CompletionReport, Review, ReviewKind, ReviewState
from issuer.store import reviews as store


class Reported(Protocol):
    """A report with its bytes, what they say, the SHA-256 of that, and who sent it."""

    @property
    def raw(self) -> bytes:
        """The bytes as they came in."""

    @property
    def report(self) -> CompletionReport:
        """What they say."""

    @property
    def digest(self) -> bytes:
        """SHA-256 of the canonical form."""

    @property
    def actor(self) -> str:
        """Who sent it."""


def keep(tx: Transaction, kind: ReviewKind, reported: Reported, completion_id: UUID | None, now: datetime) -> Review:
    """Keep a report for a person to look at, once; return the review, which may be settled already."""
    report = reported.report
    record = Review(
        id=tx.new_id(now),
        institution_id=tx.institution_id,
        kind=kind,
        state=ReviewState.OPEN,
        source=report.source,
        source_id=report.source_id,
        person=report.learner.id,
        definition_id=report.definition.id,
        occurrence=report.occurrence,
        raw=reported.raw,
        digest=reported.digest,
        occurred_at=report.completed_at,
        received_at=now,
        reported_by=reported.actor,
        completion_id=completion_id,
    )
    if store.add_new(tx, record):
        return record
    return store.find(tx, kind, report.source, report.source_id, reported.digest) or record


def settle(tx: Transaction, review_id: UUID, state: ReviewState, note: str, actor: str, now: datetime) -> Review:
    """Record what a person decided about a review, with the reason. What follows from it is done by the caller.

    Raises `NotFoundError`, and `StateError` if it was settled already.
    """
    record = get(tx, review_id)
    if record.state is not ReviewState.OPEN:
        raise StateError(f"This was {record.state} by {record.settled_by} already.")
    if not store.settle(tx, record, state=state, note=note, settled_by=actor, settled_at=now):
        raise StateError("This was settled by somebody else at the same time. Look again.")
    audit.append(tx, now, actor, f"review.{state}", str(review_id), {"kind": str(record.kind), "note": note})
    return get(tx, review_id)


def get(tx: Transaction, review_id: UUID) -> Review:
    """Return one review, or raise `NotFoundError`."""
    found = store.get(tx, review_id)
    if found is None:
        raise NotFoundError("There is no such review here.")
    return found
