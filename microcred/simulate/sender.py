"""Sending messages over several connections at once, again when the server is busy or the line breaks."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from issuer.errors import SettingsError
from microcred.simulate.stage import Carried, Headers, Heard

LINES: Final = 8
"""Connections at once: what the cron workers of a large Moodle make."""
TRIES: Final = 30
PAUSE_SECONDS: Final = 0.2
TIMEOUT_SECONDS: Final = 30.0
_AGAIN: Final = frozenset({429, 502, 503, 504})


class Sender:
    """Sends deliveries and counts the answers by status; the line that broke counts as 0."""

    def __init__(self, url: str, clock: Callable[[], datetime]) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SettingsError("--url must be the address of the server, such as http://127.0.0.1:8000.")
        self._parts = parts
        self._clock = clock
        self._lock = threading.Lock()
        self.answers: Counter[int] = Counter()
        self.slowest = 0.0

    def send(self, deliveries: Iterator[Carried]) -> None:
        """Send all. Raises `SettingsError` when nobody answers there."""
        self._check()
        lines = [threading.Thread(target=self._line, args=(deliveries,), daemon=True) for _ in range(LINES)]
        for line in lines:
            line.start()
        for line in lines:
            line.join()

    def _check(self) -> None:
        connection = self._connect()
        try:
            connection.request("GET", f"{self._parts.path}/health")
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            raise SettingsError(f"Nobody answers at {self._parts.geturl()}. Start `microcred serve` there.") from None
        finally:
            connection.close()

    def _line(self, deliveries: Iterator[Carried]) -> None:
        connection = self._connect()
        while (delivery := self._next(deliveries)) is not None:
            for attempt in range(TRIES):
                status = delivery.carry(partial(self._sent, connection), self._clock())
                if status != 0 and status not in _AGAIN:
                    break
                time.sleep(PAUSE_SECONDS * (1 + attempt // 5))
        connection.close()

    def _next(self, deliveries: Iterator[Carried]) -> Carried | None:
        with self._lock:
            return next(deliveries, None)

    def _sent(
        self, connection: http.client.HTTPConnection, method: str, path: str, headers: Headers, body: bytes
    ) -> Heard:
        begun = time.monotonic()
        try:
            connection.request(method, self._parts.path + path, body, dict(headers))
            response = connection.getresponse()
            response.read()
            heard = Heard(response.status, {name.lower(): value for name, value in response.getheaders()})
        except (OSError, http.client.HTTPException):
            connection.close()
            heard = Heard(0)
        with self._lock:
            self.answers[heard.status] += 1
            self.slowest = max(self.slowest, time.monotonic() - begun)
        return heard

    def _connect(self) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self._parts.scheme == "https" else http.client.HTTPConnection
        return kind(self._parts.hostname or "", self._parts.port, timeout=TIMEOUT_SECONDS)
