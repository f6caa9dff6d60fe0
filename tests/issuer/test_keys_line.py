"""The line to a device: one thread, a time limit, and what a call that hangs means for the others."""

from __future__ import annotations

import threading

import pytest

from issuer.errors import KeyStoreError, KeyUnreachableError
from issuer.keys_line import Line

PATIENT = 60.0
"""Seconds that no call of these tests takes."""


def test_all_calls_are_made_by_one_thread() -> None:
    line = Line("it", PATIENT)
    seen: set[str] = set()
    callers = [
        threading.Thread(target=lambda: seen.add(line.call(lambda: threading.current_thread().name)))
        for _ in range(8)
    ]  # fmt: skip
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert seen == {"line to it"}


def test_what_a_call_raises_is_raised_for_its_caller() -> None:
    line = Line("it", PATIENT)

    def fail() -> None:
        raise KeyStoreError("no")

    with pytest.raises(KeyStoreError, match="no"):
        line.call(fail)
    assert line.call(lambda: 7) == 7


def test_a_call_that_hangs_is_given_up_and_others_are_refused_until_it_is_back() -> None:
    line, go, back = Line("The device", 0.05), threading.Event(), threading.Event()

    def hang() -> None:
        go.wait()
        back.set()

    with pytest.raises(KeyUnreachableError, match="The device does not answer"):
        line.call(hang)
    assert line.hangs
    made: list[int] = []
    with pytest.raises(KeyUnreachableError):
        line.call(lambda: made.append(1))
    go.set()
    back.wait()
    while line.hangs:
        pass
    assert line.call(lambda: 7) == 7
    assert made == []
