"""One simulation: the afternoon of a platform, and what every learner has in the end."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from issuer.errors import FieldError, SettingsError
from issuer.lms_work.platforms import Platforms
from issuer.store import lms_outcomes
from microcred import sample_platforms
from microcred.sample_platforms import PLATFORMS
from microcred.simulate.plays import PLAYS
from microcred.simulate.sender import Sender
from microcred.simulate.stage import Stage, Student
from microcred.simulate.traffic import Manners

PATIENCE_SECONDS: Final = 30.0
"""How long nothing may change before we stop to wait for credentials."""
_LOOK_SECONDS: Final = 0.2
MAX_LEARNERS: Final = 100_000
_RUN: Final = re.compile("[a-z0-9]{1,20}")
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. `credentials` counts learners by the number of credentials that they have."""

    learners: int
    messages: int
    answers: Counter[int]
    credentials: Counter[int]
    sending: float
    whole: float
    slowest: float

    @property
    def is_good(self) -> bool:
        """Whether every learner has exactly one credential."""
        return self.credentials == Counter({1: self.learners})

    def to_json(self) -> dict[str, Any]:
        """Return it for programs; times in seconds."""
        return {
            "learners": self.learners,
            "messages": self.messages,
            "answers": {str(status): count for status, count in sorted(self.answers.items())},
            "withOneCredential": self.credentials[1],
            "lost": self.credentials[0],
            "doubled": sum(count for number, count in self.credentials.items() if number > 1),
            "messagesPerSecond": round(self.messages / self.sending, 1),
            "credentialsPerSecond": round(self.credentials[1] / self.whole, 1),
            "slowestAnswerSeconds": round(self.slowest, 3),
            "seconds": round(self.whole, 2),
        }


@dataclass(frozen=True, slots=True)
class Show:
    """Plays a platform of the sample institution in `home` against the server at `url`."""

    platforms: Platforms
    home: Path
    url: str
    clock: Callable[[], datetime]

    def run(self, kind: str, learners: int, run: str | None = None) -> Outcome:
        """Play. Raises `NotFoundError` or `SettingsError` when home or server are not prepared."""
        name = run or _run_name(self.clock())
        if not _RUN.fullmatch(name) or not 0 < learners <= MAX_LEARNERS:
            raise FieldError("--run", f"needs small letters and digits; up to {MAX_LEARNERS:,} learners can be played")
        stage = self._stage(kind)
        students = [Student(name, index) for index in range(learners)]
        deliveries = Manners(name).mixed(one for student in students for one in PLAYS[kind](stage, student))
        sender = Sender(self.url, self.clock)
        begun = time.monotonic()
        sender.send(deliveries)
        sending = time.monotonic() - begun
        counted = self._waited(kind, students)
        return Outcome(
            learners,
            sum(sender.answers.values()),
            sender.answers,
            counted,
            sending,
            time.monotonic() - begun,
            sender.slowest,
        )

    def _stage(self, kind: str) -> Stage:
        connection = self.platforms.connections.get(kind).connection
        at = self.clock().replace(microsecond=0) - timedelta(hours=2)
        try:
            key = sample_platforms.platform_key(self.home) if kind in sample_platforms.WITH_KEY else None
            return Stage(connection, at, key, self.platforms.service.addresses.base_url)
        except OSError:
            raise SettingsError(f"{self.home} is not a sample home. Run `microcred init --sample` there.") from None

    def _waited(self, kind: str, students: Sequence[Student]) -> Counter[int]:
        """Wait until everybody has a credential, or nothing changes any more; return how many have how many."""
        last, since = self._counted(kind, students), time.monotonic()
        while last[0] and time.monotonic() - since < PATIENCE_SECONDS:
            time.sleep(_LOOK_SECONDS)
            counted = self._counted(kind, students)
            last, since = counted, since if counted == last else time.monotonic()
        return last

    def _counted(self, kind: str, students: Sequence[Student]) -> Counter[int]:
        service = self.platforms.service
        numbers = [student.number for student in students]
        with service.database.begin_read(service.institution.id) as tx:
            found = lms_outcomes.credentials_of(tx, PLATFORMS[kind].definition, numbers)
        return Counter(found.get(number, 0) for number in numbers)


def _run_name(now: datetime) -> str:
    """Return a name that no earlier run has: the time in tenths of a second, short."""
    number, text = int(now.timestamp() * 10), ""
    while number:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text
