"""The desk at which a person looks at what waits (`reviews`), and where withdrawals are handed in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from issuer import audit, completions, status
from issuer.db import Database, Transaction
from issuer.decide import MAX_FUTURE
from issuer.definitions import Hold
from issuer.errors import FieldError, NotFoundError, StateError
from issuer.model import Completion, CompletionState, Review, ReviewKind, ReviewState, Withdrawal
from issuer.publication import StatusPublisher
from issuer.reviews import Reported, keep
from issuer.store import completions as completion_store
from issuer.store import credentials
from issuer.store import definitions as definition_store
from issuer.store import reviews as store
from openbadge import strict_json

DECISIONS: Final = (ReviewState.ACCEPTED, ReviewState.DISMISSED)


class ReviewDesk:
    """The reviews of one institution. What a method returns is committed."""

    def __init__(
        self, database: Database, institution_id: UUID, publisher: StatusPublisher, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._institution_id = institution_id
        self._publisher = publisher
        self._clock = clock

    def take_back(self, raw: bytes, actor: str) -> Review:
        """Take in a withdrawal (JSON bytes); the same one again gives the review that is there, settled or not.

        It may come before the completion that it takes back. Raises `FieldError`, also for a definition that is not
        known and a time in the future, and the `InvalidError` of `strict_json`.
        """
        said = Withdrawal.from_json(strict_json.loads(raw))
        now = self._clock()
        with self._database.begin_write(self._institution_id) as tx:
            _check(tx, said, now)
            key = (said.person, said.definition.id, said.occurrence)
            name = (said.source, said.source_id)
            reported = Reported(raw, said.digest, name, key, said.withdrawn_at, actor, _about(tx, said))
            return keep(tx, ReviewKind.WITHDRAWAL, reported, now)

    def settle(self, review_id: UUID, decision: ReviewState, note: str, actor: str) -> Review:
        """Record what a person decided, with the reason. An accepted withdrawal revokes the credential, if there is
        one, and ends the completion; nothing else follows from a decision by itself.

        Raises `NotFoundError`, `StateError` if it was settled already, and `FieldError` for a state that decides
        nothing.
        """
        if decision not in DECISIONS:
            raise FieldError("decision", f"must be one of {', '.join(DECISIONS)}")
        now = self._clock()
        changed: list[UUID] = []
        with self._database.begin_write(self._institution_id) as tx:
            record = _open(tx, review_id)
            store.settle(tx, record, state=decision, note=note, settled_by=actor, settled_at=now)
            audit.append(tx, now, actor, f"review.{decision}", str(review_id), {"kind": record.kind.value})
            if (record.kind, decision) == (ReviewKind.WITHDRAWAL, ReviewState.ACCEPTED):
                changed = _end(tx, record, note, actor, now)
            settled = _get(tx, review_id)
        self._publisher.tell(changed)
        return settled

    def get(self, review_id: UUID) -> Review:
        """Return one review. Raises `NotFoundError`."""
        with self._database.begin_read(self._institution_id) as tx:
            return _get(tx, review_id)

    def page(
        self, state: ReviewState = ReviewState.OPEN, limit: int = 100, after: UUID | None = None
    ) -> tuple[Review, ...]:
        """Return reviews in order of arrival; `after` is the last id that is known."""
        with self._database.begin_read(self._institution_id) as tx:
            return store.page(tx, state, limit, after)


def _end(tx: Transaction, record: Review, note: str, actor: str, now: datetime) -> list[UUID]:
    """End the completions that a withdrawal takes back, revoke what was issued, return the status lists changed."""
    known = completion_store.of_key(tx, (record.person, record.definition_id, record.occurrence))
    ended = [_withdrawn(tx, item, note, actor, now) for item in known if item.completed_at <= record.occurred_at]
    return [list_id for list_id in ended if list_id is not None]


def _withdrawn(tx: Transaction, completion: Completion, note: str, actor: str, now: datetime) -> UUID | None:
    if CompletionState.WITHDRAWN not in completions.TRANSITIONS[completion.state]:
        return None
    completions.advance(tx, completion, CompletionState.WITHDRAWN, Hold("taken-back", note), actor, now)
    issued = None if completion.credential_id is None else credentials.get(tx, completion.credential_id)
    return None if issued is None else status.revoke(tx, issued, note, actor, now).list_id


def _check(tx: Transaction, said: Withdrawal, now: datetime) -> None:
    if not definition_store.versions(tx, said.definition.id):
        raise FieldError("definition.id", f"There is no definition “{said.definition.id}” here.")
    if said.withdrawn_at > now + MAX_FUTURE:
        raise FieldError("withdrawnAt", "lies in the future; check the clock of the source")


def _about(tx: Transaction, said: Withdrawal) -> UUID | None:
    """The completion that a withdrawal is about: the last one of its key that happened before."""
    known = completion_store.of_key(tx, (said.person, said.definition.id, said.occurrence))
    earlier = [(item.completed_at, item.id) for item in known if item.completed_at <= said.withdrawn_at]
    return max(earlier)[1] if earlier else None


def _open(tx: Transaction, review_id: UUID) -> Review:
    record = _get(tx, review_id)
    if record.state is not ReviewState.OPEN:
        raise StateError(f"This review was {record.state} by {record.settled_by} already.")
    return record


def _get(tx: Transaction, review_id: UUID) -> Review:
    found = store.get(tx, review_id)
    if found is None:
        raise NotFoundError("There is no such review here.")
    return found
