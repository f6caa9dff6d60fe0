"""Status entries: each given once, scattered, sharded by year; decisions about them, and which may follow which."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from issuer import audit, status
from issuer.db import Transaction
from issuer.errors import NotFoundError, StateError
from issuer.model import IssuedCredential, StatusChange, StatusPublication, StatusState
from issuer.permutation import permute
from issuer.status import Ruling
from issuer.store import credentials, publications, status_lists
from issuer.store.tables import status_list
from tests.issuer.making import take
from tests.issuer.samples import NOW, approved

Decide = Callable[..., StatusChange]
REVOKED, SUSPENDED, REINSTATED = StatusState.REVOKED, StatusState.SUSPENDED, StatusState.REINSTATED
ACTIONS = {"credential.revoke", "credential.suspend", "credential.reinstate"}


@pytest.fixture
def credential(tx: Transaction) -> IssuedCredential:
    approved(tx)
    issued = take(tx).credential
    assert issued is not None
    return issued


@pytest.fixture
def decide(tx: Transaction, credential: IssuedCredential) -> Decide:
    """Decide about the credential."""

    def decided(state: StatusState, reason: str = "because", actor: str = "office", at: datetime = NOW) -> StatusChange:
        return status.decide(tx, [credential], Ruling(state, reason, actor, at))[0]

    return decided


def test_neighbours_are_scattered_and_the_key_decides(tx: Transaction) -> None:
    taken = [status.allocate(tx, status.REVOCATION, NOW).index for _ in range(64)]
    assert len(set(taken)) == 64
    assert sum(abs(one - other) < 64 for one, other in itertools.pairwise(taken)) < 8
    assert taken[:4] != [permute(number, status.LIST_LENGTH, bytes(32)) for number in range(4)]


def test_a_full_list_opens_a_new_one(tx: Transaction) -> None:
    first = status.allocate(tx, status.REVOCATION, NOW)
    tx.connection.execute(update(status_list).values(taken=status.LIST_LENGTH - 1))
    last, next_ = (status.allocate(tx, status.REVOCATION, NOW) for _ in range(2))
    assert last.list_id == first.list_id != next_.list_id
    taken = {record.id: record.taken for record in status_lists.every(tx)}
    assert taken == {first.list_id: status.LIST_LENGTH, next_.list_id: 1}


def test_many_entries_are_given_away_at_once_over_the_end_of_a_list(tx: Transaction) -> None:
    first = status.allocate(tx, status.REVOCATION, NOW)
    tx.connection.execute(update(status_list).values(taken=status.LIST_LENGTH - 3))
    slots = status.allocate_many(tx, status.REVOCATION, 10, NOW)
    assert [slot.list_id == first.list_id for slot in slots] == [True] * 3 + [False] * 7
    assert len({(slot.list_id, slot.index) for slot in slots}) == 10
    assert sorted(record.taken for record in status_lists.every(tx)) == [7, status.LIST_LENGTH]
    assert status.allocate_many(tx, status.REVOCATION, 0, NOW) == []


def test_a_list_may_be_longer_than_the_least(tx: Transaction) -> None:
    first = status.allocate(tx, status.REVOCATION, NOW)
    tx.connection.execute(update(status_list).values(length=1_048_576, taken=1_048_000))
    slots = status.allocate_many(tx, status.REVOCATION, 576, NOW)
    assert {slot.list_id for slot in slots} == {first.list_id}
    assert len({slot.index for slot in slots}) == 576
    assert max(slot.index for slot in slots) > status.LIST_LENGTH


def test_purposes_profiles_and_years_have_lists_of_their_own(tx: Transaction) -> None:
    lists = {
        status.allocate(tx, purpose, NOW, profile_id, year).list_id
        for purpose in ("revocation", "another")
        for profile_id in (None, tx.new_id(NOW))
        for year in (None, 2029, 2030)
    }
    assert len(lists) == 12
    assert status.allocate(tx, "revocation", NOW, valid_year=2029).list_id in lists


def test_a_credential_is_in_the_list_of_the_year_in_which_it_expires(tx: Transaction) -> None:
    early = datetime(2024, 1, 1, tzinfo=UTC)
    approved(tx, early)
    approved(tx, early, id="for-ever", validityPeriod=None)
    ends = {
        "2026-11-23T12:32:28Z": 2029,
        "2025-12-31T23:59:59-05:00": 2029,
        "2025-06-01T00:00:00Z": 2028,
    }
    for number, (completed_at, year) in enumerate(ends.items()):
        issued = take(tx, sourceId=str(number), occurrence=str(number), completedAt=completed_at).credential
        assert issued is not None
        assert status.get(tx, issued.status_list_id).valid_year == year
    endless = take(tx, sourceId="endless", definition={"id": "for-ever"}).credential
    assert endless is not None
    assert status.get(tx, endless.status_list_id).valid_year is None


def test_revoking_twice_is_revoking_once(tx: Transaction, credential: IssuedCredential, decide: Decide) -> None:
    assert not status.is_revoked(tx, credential)
    first = status.revoke(tx, credential, "issued in error", "office", NOW)
    assert decide(REVOKED, "another reason", "other") == first
    assert status.is_revoked(tx, credential)
    assert status_lists.marked(tx, credential.status_list_id)[REVOKED] == [credential.status_index]
    assert [entry.action for entry in audit.entries(tx)].count("credential.revoke") == 1


def test_a_suspension_can_be_lifted_and_made_again(
    tx: Transaction, credential: IssuedCredential, decide: Decide
) -> None:
    made = [
        decide(state, f"reason {number}", f"person {number}", NOW + timedelta(minutes=number))
        for number, state in enumerate((SUSPENDED, REINSTATED, SUSPENDED, REVOKED))
    ]
    assert status.history(tx, credential) == tuple(made)
    assert [(change.state, change.reason, change.actor) for change in made][1] == (REINSTATED, "reason 1", "person 1")
    assert status.current(tx, credential) == made[-1]
    logged = [entry for entry in audit.entries(tx) if entry.action in ACTIONS]
    assert [entry.action.partition(".")[2] for entry in logged] == ["suspend", "reinstate", "suspend", "revoke"]
    place = f"{credential.status_list_id}#{credential.status_index}"
    assert logged[0].detail == {"reason": "reason 0", "status": place}


def test_what_is_so_already_stays_as_it_is(decide: Decide) -> None:
    assert decide(SUSPENDED, "first") == decide(SUSPENDED, "second")
    assert decide(REINSTATED, "first") == decide(REINSTATED, "second")


@pytest.mark.parametrize("wanted", [SUSPENDED, REINSTATED])
def test_a_revocation_is_for_good(decide: Decide, wanted: StatusState) -> None:
    decide(REVOKED)
    with pytest.raises(StateError, match="cannot be taken back"):
        decide(wanted)


def test_only_what_is_suspended_can_be_reinstated(decide: Decide) -> None:
    with pytest.raises(StateError, match="not suspended"):
        decide(REINSTATED)


def test_of_many_decisions_all_are_made_or_none(tx: Transaction) -> None:
    approved(tx)
    issued = [take(tx, sourceId=str(number), occurrence=str(number)).credential for number in range(3)]
    found = [item for item in issued if item is not None]
    status.revoke(tx, found[1], "issued in error", "office", NOW)
    with pytest.raises(StateError):
        status.decide(tx, found, Ruling(SUSPENDED, "under review", "office", NOW))
    assert [status.current(tx, item) is None for item in found] == [True, False, True]
    changes = status.decide(tx, [*found, found[0]], Ruling(REVOKED, "all of them", "office", NOW))
    assert [change.reason for change in changes] == ["all of them", "issued in error", "all of them", "all of them"]
    assert sum(entry.action == "credential.revoke" for entry in audit.entries(tx)) == 3


def test_a_suspended_award_is_not_awarded_again_and_not_held(tx: Transaction, decide: Decide) -> None:
    decide(SUSPENDED)
    twin = take(tx, sourceId="again")
    assert twin.completion.reason_code == "already-awarded"
    assert credentials.revoked_among(tx, [twin.completion.credential_id or tx.new_id(NOW)]) == frozenset()


def test_a_list_is_closed_when_its_last_credential_has_long_expired(
    tx: Transaction, credential: IssuedCredential, decide: Decide
) -> None:
    record = status.get(tx, credential.status_list_id)
    end = status.closes_at(record)
    assert end == datetime(2030, 1, 1, tzinfo=UTC) + status.GRACE
    assert not status.is_closed(record, end - timedelta(seconds=1))
    assert status.is_closed(record, end)
    assert decide(SUSPENDED, at=end - timedelta(seconds=1)).state is SUSPENDED
    with pytest.raises(StateError, match="closed"):
        decide(REVOKED, at=end)
    assert not status.is_closed(replace(record, valid_year=None), end)


def test_sealed_lists_give_nothing_away_any_more(tx: Transaction) -> None:
    before = {status.allocate(tx, status.REVOCATION, NOW, valid_year=year).list_id for year in (None, 2029)}
    assert status.seal(tx) == 2
    assert status.seal(tx) == 0
    assert status.allocate(tx, status.REVOCATION, NOW).list_id not in before


def test_a_publication_is_current_until_the_next_decision(
    tx: Transaction, credential: IssuedCredential, decide: Decide
) -> None:
    list_id = credential.status_list_id
    assert publications.marks(tx) == {}
    one = publications.add(tx, StatusPublication(list_id, 1, b"one", 0, NOW))
    assert (one.version, one.is_behind) == (1, False)
    decide(SUSPENDED)
    assert publications.marks(tx)[list_id].is_behind
    change = status_lists.last_change(tx, list_id)
    two = publications.add(tx, StatusPublication(list_id, 2, b"two", change, NOW))
    assert (two.version, two.last_change, two.is_behind) == (2, change, False)
    assert publications.mark_of(tx, list_id) == two
    assert publications.latest(tx, list_id).document == b"two"
    for late, last_change in ((1, change), (2, change), (2, change - 1)):
        assert publications.add(tx, StatusPublication(list_id, late, b"late", last_change, NOW)) == two
    decide(REINSTATED)
    newer = publications.add(tx, StatusPublication(list_id, 2, b"newer", status_lists.last_change(tx, list_id), NOW))
    assert (newer.version, newer.is_behind) == (3, False)


def test_there_is_no_list_of_another_name(tx: Transaction, credential: IssuedCredential) -> None:
    with pytest.raises(NotFoundError):
        status.get(tx, credential.id)
