"""A line to something that has keys and may hang: one call at a time, in a thread of its own, with a time limit.

The library of a device cannot be interrupted, and may not be used by two threads at once. So all calls go through one
thread, and whoever waits gives up after a while. As long as a call hangs, others are refused at once: a device that
does not answer costs one waiting time, not one per signature.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

from issuer.errors import KeyUnreachableError

R = TypeVar("R")


class Line:
    """The only thread that talks to `name`, which people know it by; a call may take `seconds`."""

    def __init__(self, name: str, seconds: float) -> None:
        self._name = name
        self._seconds = seconds
        self._turn = threading.Lock()
        self._hanging: Future[Any] | None = None
        self._work: SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name=f"line to {name}", daemon=True)

    @property
    def hangs(self) -> bool:
        """Whether a call that was given up has still not returned."""
        return self._hanging is not None and not self._hanging.done()

    def call(self, work: Callable[[], R]) -> R:
        """Do `work` in the thread and return what it returns, or raise what it raises.

        Raises `KeyUnreachableError` when that takes too long, or when an earlier call is not back yet.
        """
        if not self._turn.acquire(timeout=self._seconds):
            raise self._silent()
        try:
            return self._ask(work)
        finally:
            self._turn.release()

    def _ask(self, work: Callable[[], R]) -> R:
        if self.hangs:
            raise self._silent()
        if self._thread.ident is None:
            self._thread.start()
        answer: Future[R] = Future()
        self._work.put((answer, work))
        try:
            return answer.result(self._seconds)
        except TimeoutError:
            self._hanging = answer
            raise self._silent() from None

    def _serve(self) -> None:
        while True:
            answer, work = self._work.get()
            try:
                answer.set_result(work())
            except BaseException as error:
                answer.set_exception(error)

    def _silent(self) -> KeyUnreachableError:
        return KeyUnreachableError(f"{self._name} does not answer. Nothing was signed; trying again may help.")
