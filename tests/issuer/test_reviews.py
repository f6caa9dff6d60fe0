"""What waits for a person: withdrawals in any order, what is held because of them, and what a decision does."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from issuer import completions, status
from issuer.db import Database
from issuer.errors import FieldError, NotFoundError, StateError
from issuer.inbox import Answer
from issuer.model import CompletionState, Institution, ReviewKind, ReviewState
from issuer.release import release
from issuer.review_desk import ReviewDesk
from issuer.store import completions as store
from tests.issuer.making import Press, take
from tests.issuer.samples import NOW, REPORT, approved

Home = tuple[Database, Institution]
LATER = NOW - timedelta(hours=1)
"""When it was taken back: after the completion of `REPORT`."""


class Published:
    """Counts the lists that were published."""

    def __init__(self) -> None:
        self.lists: list[Any] = []

    def tell(self, list_ids: Any) -> bool:
        self.lists += list_ids
        return True


@pytest.fixture
def published() -> Published:
    return Published()


@pytest.fixture
def desk(home: Home, published: Published) -> ReviewDesk:
    database, institution = home
    with database.begin_write(institution.id) as tx:
        approved(tx)
    return ReviewDesk(database, institution.id, published, lambda: NOW)  # type: ignore[arg-type]


def withdrawal(at: Any = LATER, **changes: Any) -> bytes:
    said = {
        "source": REPORT["source"],
        "sourceId": REPORT["sourceId"],
        "definition": {"id": "data-ethics"},
        "learner": {"id": "S1234567"},
        "withdrawnAt": at.isoformat(),
        "reason": "Completion data was deleted.",
    }
    return json.dumps({**said, **changes}).encode()


def reported(home: Home, **changes: Any) -> Answer:
    with home[0].begin_write(home[1].id) as tx:
        return take(tx, **changes)


def test_a_withdrawal_waits_and_revokes_nothing_by_itself(home: Home, desk: ReviewDesk, published: Published) -> None:
    answer = reported(home)
    review = desk.take_back(withdrawal(), "lms")
    assert (review.kind, review.state) == (ReviewKind.WITHDRAWAL, ReviewState.OPEN)
    assert (review.completion_id, review.occurred_at) == (answer.completion.id, LATER)
    assert desk.page() == (review,)
    again = desk.take_back(withdrawal() + b" ", "lms")
    assert (again.id, desk.page()) == (review.id, (review,))
    with home[0].begin_read(home[1].id) as tx:
        assert completions.get(tx, answer.completion.id).state is CompletionState.ISSUED
        assert not status.is_revoked(tx, answer.credential)
    assert published.lists == []


def test_an_accepted_withdrawal_revokes_and_ends(home: Home, desk: ReviewDesk, published: Published) -> None:
    answer = reported(home)
    review = desk.take_back(withdrawal(), "lms")
    settled = desk.settle(review.id, ReviewState.ACCEPTED, "Graded by mistake.", "office")
    assert (settled.state, settled.settled_by, settled.note) == (ReviewState.ACCEPTED, "office", "Graded by mistake.")
    assert desk.get(review.id) == settled
    with home[0].begin_write(home[1].id) as tx:
        ended = completions.get(tx, answer.completion.id)
        assert (ended.state, ended.reason) == (CompletionState.WITHDRAWN, "Graded by mistake.")
        assert [step.state for step in completions.history(tx, ended)] == ["issued", "withdrawn"]
        assert status.is_revoked(tx, answer.credential)
    assert published.lists == [answer.credential.status_list_id]
    with pytest.raises(StateError, match="accepted by office"):
        desk.settle(review.id, ReviewState.DISMISSED, "No.", "office")


def test_a_dismissed_withdrawal_changes_nothing(home: Home, desk: ReviewDesk, published: Published) -> None:
    answer = reported(home)
    review = desk.take_back(withdrawal(), "lms")
    desk.settle(review.id, ReviewState.DISMISSED, "The platform was reset.", "office")
    with home[0].begin_read(home[1].id) as tx:
        assert completions.get(tx, answer.completion.id) == answer.completion
    assert (published.lists, desk.page()) == ([], ())
    assert [item.id for item in desk.page(ReviewState.DISMISSED)] == [review.id]


def test_a_withdrawal_that_comes_first_holds_the_completion_until_a_person_decides(
    home: Home, desk: ReviewDesk
) -> None:
    review = desk.take_back(withdrawal(), "lms")
    assert review.completion_id is None
    waits = reported(home).completion
    assert (waits.state, waits.reason_code) == (CompletionState.HELD, "taken-back")
    desk.settle(review.id, ReviewState.DISMISSED, "An error of the platform.", "office")
    with home[0].begin_write(home[1].id) as tx:
        assert release(tx, [waits], Press(), "office", NOW) == 1


def test_a_withdrawal_that_is_accepted_ends_what_it_holds(home: Home, desk: ReviewDesk) -> None:
    review = desk.take_back(withdrawal(), "lms")
    waits = reported(home).completion
    desk.settle(review.id, ReviewState.ACCEPTED, "Right.", "office")
    with home[0].begin_read(home[1].id) as tx:
        assert completions.get(tx, waits.id).state is CompletionState.WITHDRAWN
        assert store.held_definitions(tx) == ()


def test_a_completion_after_the_withdrawal_is_issued_and_stays(home: Home, desk: ReviewDesk) -> None:
    before = NOW - timedelta(days=2)
    review = desk.take_back(withdrawal(before), "lms")
    answer = reported(home)
    assert answer.completion.state is CompletionState.ISSUED
    desk.settle(review.id, ReviewState.ACCEPTED, "Right, but done again.", "office")
    with home[0].begin_read(home[1].id) as tx:
        assert not status.is_revoked(tx, answer.credential)
        assert completions.get(tx, answer.completion.id).state is CompletionState.ISSUED


def test_another_occurrence_is_not_touched(home: Home, desk: ReviewDesk) -> None:
    desk.take_back(withdrawal(occurrence="2025"), "lms")
    assert reported(home).completion.state is CompletionState.ISSUED


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"definition": {"id": "unknown"}}, "definition.id"),
        ({"withdrawnAt": "2026-11-24T13:00:00Z"}, "withdrawnAt"),
        ({"learner": {"id": "1", "name": "Ada"}}, "learner.name"),
        ({"learner": None}, "learner"),
        ({"extra": 1}, "extra"),
    ],
)
def test_a_wrong_withdrawal_is_refused(desk: ReviewDesk, changes: Any, path: str) -> None:
    with pytest.raises(FieldError) as caught:
        desk.take_back(withdrawal(**changes), "lms")
    assert caught.value.path == path
    assert desk.page() == ()


def test_what_is_not_there_and_what_decides_nothing(home: Home, desk: ReviewDesk) -> None:
    with pytest.raises(NotFoundError):
        desk.get(home[1].id)
    with pytest.raises(NotFoundError):
        desk.settle(home[1].id, ReviewState.ACCEPTED, "x", "office")
    review = desk.take_back(withdrawal(), "lms")
    with pytest.raises(FieldError, match="accepted, dismissed"):
        desk.settle(review.id, ReviewState.OPEN, "x", "office")
