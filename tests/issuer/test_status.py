"""Status entries: each given once, scattered, revoked once and for all."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from issuer import audit, status
from issuer.db import Transaction
from issuer.errors import NotFoundError
from issuer.model import IssuedCredential
from issuer.store import status_lists
from issuer.store.tables import status_list
from tests.issuer.making import take
from tests.issuer.samples import NOW, approved


@pytest.fixture
def credential(tx: Transaction) -> IssuedCredential:
    approved(tx)
    issued = take(tx).credential
    assert issued is not None
    return issued


@given(st.integers(1, 3_000), st.binary(min_size=32, max_size=32))
def test_the_permutation_is_one_to_one(length: int, key: bytes) -> None:
    assert sorted(status.permute(number, length, key) for number in range(length)) == list(range(length))


def test_the_permutation_of_a_whole_list_is_one_to_one() -> None:
    length = status.LIST_LENGTH
    assert len({status.permute(number, length, b"k" * 32) for number in range(length)}) == length


def test_neighbours_are_scattered_and_the_key_decides(tx: Transaction) -> None:
    taken = [status.allocate(tx, status.REVOCATION, NOW).index for _ in range(64)]
    assert len(set(taken)) == 64
    assert sum(abs(one - other) < 64 for one, other in itertools.pairwise(taken)) < 8
    assert taken[:4] != [status.permute(number, status.LIST_LENGTH, bytes(32)) for number in range(4)]


def test_a_full_list_opens_a_new_one(tx: Transaction) -> None:
    first = status.allocate(tx, status.REVOCATION, NOW)
    tx.connection.execute(update(status_list).values(taken=status.LIST_LENGTH - 1))
    last, next_ = (status.allocate(tx, status.REVOCATION, NOW) for _ in range(2))
    assert last.list_id == first.list_id != next_.list_id
    taken = {record.id: record.taken for record in status_lists.every(tx)}
    assert taken == {first.list_id: status.LIST_LENGTH, next_.list_id: 1}


def test_purposes_and_institutions_have_lists_of_their_own(tx: Transaction) -> None:
    lists = {status.allocate(tx, purpose, NOW).list_id for purpose in ("revocation", "suspension")}
    assert len(lists) == 2


def test_revoking_twice_is_revoking_once(tx: Transaction, credential: IssuedCredential) -> None:
    assert not status.is_revoked(tx, credential)
    first = status.revoke(tx, credential, "issued in error", "office", NOW)
    assert status.revoke(tx, credential, "another reason", "other", NOW) == first
    assert status.is_revoked(tx, credential)
    assert status.revoked_indexes(tx, credential.status_list_id) == (credential.status_index,)
    assert [entry.action for entry in audit.entries(tx)].count("credential.revoke") == 1


def test_the_bits_tell_what_was_revoked(tx: Transaction, credential: IssuedCredential) -> None:
    assert status.bits(tx, credential.status_list_id) == bytes(status.LIST_LENGTH // 8)
    status.revoke(tx, credential, "issued in error", "office", NOW)
    bits = status.bits(tx, credential.status_list_id)
    assert [index for index in range(status.LIST_LENGTH) if bits[index // 8] & (128 >> index % 8)] == [
        credential.status_index
    ]
    with pytest.raises(NotFoundError):
        status.bits(tx, credential.id)


def test_a_publication_is_current_until_the_next_decision(tx: Transaction, credential: IssuedCredential) -> None:
    list_id = credential.status_list_id
    assert not status.is_published(tx, list_id)
    assert status_lists.publish(tx, list_id, b"one", NOW).version == 1
    assert status.is_published(tx, list_id)
    status.revoke(tx, credential, "issued in error", "office", NOW)
    assert not status.is_published(tx, list_id)
    assert status_lists.publish(tx, list_id, b"two", NOW).version == 2
    assert status.is_published(tx, list_id)
    latest = status_lists.latest(tx, list_id)
    assert latest is not None
    assert latest.document == b"two"


def test_many_entries_are_given_away_at_once_over_the_end_of_a_list(tx: Transaction) -> None:
    first = status.allocate(tx, status.REVOCATION, NOW)
    tx.connection.execute(update(status_list).values(taken=status.LIST_LENGTH - 3))
    slots = status.allocate_many(tx, status.REVOCATION, 10, NOW)
    assert [slot.list_id == first.list_id for slot in slots] == [True] * 3 + [False] * 7
    assert len({(slot.list_id, slot.index) for slot in slots}) == 10
    assert sorted(record.taken for record in status_lists.every(tx)) == [7, status.LIST_LENGTH]
    assert status.allocate_many(tx, status.REVOCATION, 0, NOW) == []
