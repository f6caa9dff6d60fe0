"""The secret order of a list: one to one for every length and key, and nothing that an outsider could foresee."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuer.permutation import permute, restore
from openbadge.vocabulary import MINIMUM_LIST_ENTRIES

KEYS = st.binary(min_size=32, max_size=32)
LENGTHS = (MINIMUM_LIST_ENTRIES, MINIMUM_LIST_ENTRIES + 8, 1_048_576)


@given(st.integers(1, 3_000), KEYS)
def test_it_is_one_to_one(length: int, key: bytes) -> None:
    assert sorted(permute(number, length, key) for number in range(length)) == list(range(length))


@pytest.mark.parametrize("length", LENGTHS[:2])
def test_it_is_one_to_one_on_a_whole_list(length: int) -> None:
    assert len({permute(number, length, b"k" * 32) for number in range(length)}) == length


@given(st.sampled_from(LENGTHS).flatmap(lambda length: st.tuples(st.just(length), st.integers(0, length - 1))), KEYS)
def test_it_can_be_undone_which_proves_it_one_to_one_for_any_length(place: tuple[int, int], key: bytes) -> None:
    length, number = place
    index = permute(number, length, key)
    assert 0 <= index < length
    assert restore(index, length, key) == number


def test_every_step_between_neighbours_is_another() -> None:
    """Nobody who knows some entries can tell the next one: no difference comes up more often than by chance."""
    taken = [permute(number, MINIMUM_LIST_ENTRIES, b"k" * 32) for number in range(20_000)]
    steps = [(other - one) % MINIMUM_LIST_ENTRIES for one, other in itertools.pairwise(taken)]
    most = max(steps.count(step) for step in set(steps[:500]))
    assert most <= 6
    halves = sum(index < MINIMUM_LIST_ENTRIES // 2 for index in taken)
    assert 9_600 < halves < 10_400  # 5.6 standard deviations of a fair coin


def test_another_key_is_another_order() -> None:
    one, other = (
        [permute(number, MINIMUM_LIST_ENTRIES, key) for number in range(64)] for key in (bytes(32), b"1" * 32)
    )
    assert one != other
    assert len(set(one) & set(other)) < 8
