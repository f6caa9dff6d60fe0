"""Group commit: what arrives while a transaction runs shares the next one.

A durable commit costs the same for one report as for a hundred. So nobody waits for others to come, and nobody pays
alone while others wait: a thread takes all that has queued, works on it as one set, and answers each after the commit.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Final, Generic, TypeVar

from issuer.errors import BusyError, IssuerError

T = TypeVar("T")
R = TypeVar("R")

MOST: Final = 256
"""Members of a set: the transaction takes a tenth of a second at most, so that the next set does not wait long."""
WAITING: Final = 2_048
"""Members that may queue: a second of work. Who comes later is told to come again, before a proxy gives up."""
_LOG = logging.getLogger(__name__)


class GroupCommit(Generic[T, R]):
    """Works on single items in sets. `work` gets a set and returns an answer for each, in order.

    A set that fails for a defect of the program is tried again item by item, so that the one at fault fails alone. An
    `IssuerError` is the answer to all: the database or the disk would refuse each of them.
    """

    def __init__(self, work: Callable[[Sequence[T]], Sequence[R]], most: int = MOST, waiting: int = WAITING) -> None:
        self._work = work
        self._most = most
        self._waiting = waiting
        self._queue: deque[tuple[T, Future[R]]] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    def submit(self, item: T) -> Future[R]:
        """Queue an item; the answer is there once it is committed. Raises `BusyError` when the queue is full."""
        future: Future[R] = Future()
        with self._changed:
            if self._closed or len(self._queue) >= self._waiting:
                raise BusyError("More arrives than can be worked on. Try again in a few seconds.")
            self._queue.append((item, future))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="group-commit", daemon=True)
                self._thread.start()
            self._changed.notify()
        return future

    def close(self) -> None:
        """Answer all that has queued, and take nothing more."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while taken := self._next():
            # Whoever went away before the work began is left out; from then on the answer is given, heard or not.
            self._answer([member for member in taken if member[1].set_running_or_notify_cancel()])

    def _next(self) -> list[tuple[T, Future[R]]]:
        with self._changed:
            while not self._queue and not self._closed:
                self._changed.wait()
            return [self._queue.popleft() for _ in range(min(self._most, len(self._queue)))]

    def _answer(self, members: Sequence[tuple[T, Future[R]]]) -> None:
        if not members:
            return
        try:
            answers = self._work([item for item, _ in members])
        except Exception as error:
            if len(members) == 1 or isinstance(error, IssuerError):
                for _, future in members:
                    future.set_exception(error)
                return
            _LOG.exception("a set of %d failed, and is tried one by one", len(members))
            for member in members:
                self._answer([member])
            return
        for (_, future), answer in zip(members, answers, strict=True):
            future.set_result(answer)
