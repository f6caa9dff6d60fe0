"""Sets of what arrives at the same time: shared, bounded, each answered, and one at fault alone."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from issuer.errors import BusyError, StorageError
from issuer.group import GroupCommit


class Gate:
    """Work that waits at a gate and remembers its sets."""

    def __init__(self) -> None:
        self.sets: list[list[int]] = []
        self.entered = threading.Semaphore(0)
        self.open = threading.Event()

    def __call__(self, items: Sequence[int]) -> list[int]:
        self.sets.append(list(items))
        self.entered.release()
        self.open.wait()
        return [item * 2 for item in items]


def test_what_arrives_meanwhile_shares_the_next_set() -> None:
    gate = Gate()
    group = GroupCommit(gate, most=3)
    answers = [group.submit(0)]
    gate.entered.acquire()
    answers += [group.submit(number) for number in range(1, 6)]
    gate.open.set()
    assert [answer.result() for answer in answers] == [0, 2, 4, 6, 8, 10]
    assert gate.sets == [[0], [1, 2, 3], [4, 5]]
    group.close()


def test_a_full_queue_is_said_at_once() -> None:
    gate = Gate()
    group = GroupCommit(gate, waiting=2)
    answers = [group.submit(0)]
    gate.entered.acquire()
    answers += [group.submit(1), group.submit(2)]
    with pytest.raises(BusyError, match="Try again"):
        group.submit(3)
    gate.open.set()
    assert [answer.result() for answer in answers] == [0, 2, 4]
    group.close()


def test_one_that_breaks_the_program_fails_alone() -> None:
    gate = threading.Event()

    def work(items: Sequence[int]) -> list[int]:
        gate.wait()
        return [60 // item for item in items]

    group = GroupCommit(work)
    answers = [group.submit(number) for number in (1, 2, 0, 3)]
    gate.set()
    assert [answers[place].result() for place in (0, 1, 3)] == [60, 30, 20]
    assert isinstance(answers[2].exception(), ZeroDivisionError)
    group.close()


def test_what_the_database_refuses_is_the_answer_to_all_and_tried_once() -> None:
    gate = threading.Event()
    sets: list[Sequence[int]] = []

    def work(items: Sequence[int]) -> list[int]:
        gate.wait()
        sets.append(items)
        if len(sets) < 3:
            raise StorageError("The disk is full.")
        return list(items)

    group = GroupCommit(work)
    first = group.submit(0)
    while group._queue:
        pass
    rest = [group.submit(number) for number in (1, 2, 3)]
    gate.set()
    assert [str(answer.exception()) for answer in (first, *rest)] == ["The disk is full."] * 4
    assert len(sets) == 2
    assert group.submit(9).result() == 9
    group.close()


def test_closing_answers_all_that_queued_and_takes_nothing_more() -> None:
    gate = Gate()
    group = GroupCommit(gate, most=2)
    answers = [group.submit(number) for number in range(5)]
    gate.open.set()
    group.close()
    assert all(answer.done() for answer in answers)
    with pytest.raises(BusyError):
        group.submit(6)
    group.close()
    GroupCommit(gate).close()


def test_many_threads_get_their_own_answers() -> None:
    group: GroupCommit[int, int] = GroupCommit(lambda items: [item * 2 for item in items], most=7)
    with ThreadPoolExecutor(64) as threads:
        found = list(threads.map(lambda number: group.submit(number).result(), range(2_000)))
    assert found == [number * 2 for number in range(2_000)]
    group.close()


def test_who_goes_away_before_the_work_began_is_left_out() -> None:
    gate = Gate()
    group = GroupCommit(gate, most=1)
    first = group.submit(0)
    gate.entered.acquire()
    away, last = group.submit(1), group.submit(2)
    assert away.cancel()
    assert not first.cancel()
    gate.open.set()
    assert (first.result(), last.result()) == (0, 4)
    assert gate.sets == [[0], [2]]
    group.close()
