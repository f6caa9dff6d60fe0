"""A thread that works whenever it is woken, until there is nothing left to do."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

from issuer.errors import IssuerError

PAUSE_SECONDS: Final = 0.05
"""Before each set, so that more come along and messages that come in get their turn at the database first: a set of
fifty costs little more than one of five, and no learner notices."""
RETRY_SECONDS: Final = 5.0
"""After a failure: as long as what Retry-After tells others."""
_log: Final = logging.getLogger(__name__)


class Loop:
    """Calls `step` until it returns 0, whenever woken. Nothing happens before `begin`."""

    def __init__(self, name: str, step: Callable[[], int]) -> None:
        self._step = step
        self._name = name
        self._awake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"microcred-{name}", daemon=True)

    def begin(self) -> None:
        """Start, and look at once what there is to do."""
        self._awake.set()
        self._thread.start()

    def wake(self) -> None:
        """There is something to do."""
        self._awake.set()

    def end(self) -> None:
        """Stop after the set under way."""
        self._stop.set()
        self._awake.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._awake.wait()
            self._awake.clear()
            try:
                while not self._stop.wait(PAUSE_SECONDS) and self._step():
                    continue
            except IssuerError as error:
                _log.warning("%s waits: %s", self._name, error.code)
                self._again()
            except Exception as error:
                _log.error("%s failed: %s", self._name, type(error).__name__)
                self._again()

    def _again(self) -> None:
        self._stop.wait(RETRY_SECONDS)
        self._awake.set()
