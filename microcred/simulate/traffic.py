"""Bad manners: the order in which messages come, how often, and how late. The same for the same run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from microcred.simulate.stage import Carried

WINDOW: Final = 100
"""Messages among which the order is lost: what a queue with several workers does in a busy minute."""
DOUBLED: Final = 15
"""Percent of messages that are sent twice, since the sender did not hear the answer."""
LATE: Final = 5
"""Percent that are sent once more when all is over, as retries of days later."""


@dataclass(frozen=True, slots=True)
class Manners:
    """Chooses by a hash of the run and a number, so that every run can be played again."""

    run: str

    def mixed(self, deliveries: Iterable[Carried]) -> Iterator[Carried]:
        """Yield messages in disorder, some twice, and at the end some once more."""
        late: list[Carried] = []
        window: list[tuple[int, Carried]] = []
        for number, delivery in enumerate(deliveries):
            times = 2 if self._lot("twice", number) % 100 < DOUBLED else 1
            window += [(self._lot(f"place {time}", number), delivery) for time in range(times)]
            if self._lot("late", number) % 100 < LATE:
                late.append(delivery)
            if len(window) >= WINDOW:
                yield from _shuffled(window)
                window = []
        yield from _shuffled(window)
        yield from late

    def _lot(self, what: str, number: int) -> int:
        return int.from_bytes(sha256(f"{self.run} {what} {number}".encode()).digest()[:4], "big")


def _shuffled(window: list[tuple[int, Carried]]) -> Iterator[Carried]:
    yield from (delivery for _, delivery in sorted(window, key=lambda item: item[0]))
