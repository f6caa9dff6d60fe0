"""Who and what a simulation is about: an invented learner, a message, and what a play needs."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from issuer.keys_kinds import Private
from issuer.lms.connection import Connection

_NAMES: Final = ("Ada Nguyen", "Bram de Vries", "Chiara Rossi", "Dilnoza Karimova", "Eoin Ó Briain", "Fatou Diop")
_NAMESPACE: Final = uuid.UUID("5d0c8f0e-3b4e-5a57-9d63-0a7c1f6f2c11")
Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Heard:
    """What a server answered; status 0 stands for a line that broke."""

    status: int
    headers: Headers = field(default_factory=dict, repr=False)


class Say(Protocol):
    """Sends one request, and returns the answer."""

    def __call__(self, method: str, path: str, headers: Headers, body: bytes) -> Heard:
        """Send it."""


class Carried(Protocol):
    """Something that a platform sends, in one request or in several."""

    def carry(self, say: Say, now: datetime) -> int:
        """Send it, signed anew, and return the status by which one sees whether it has to be sent again."""


@dataclass(frozen=True, slots=True)
class Student:
    """An invented student of a run, whose name has small letters and digits only."""

    run: str
    index: int

    @property
    def number(self) -> str:
        """The number of the student system."""
        return f"S-{self.run}-{self.index:05d}"

    @property
    def account(self) -> int:
        """The platform's own number: below 10^13, as local ids of Canvas are."""
        return int(self.run[-5:], 36) * 100_000 + self.index

    @property
    def name(self) -> str:
        """The name."""
        return f"{_NAMES[self.index % len(_NAMES)]} {self.index}"

    @property
    def email(self) -> str:
        """The e-mail address."""
        return f"{self.run}.{self.index}@students.northbridge.example"

    def unique(self, what: str) -> uuid.UUID:
        """Return an id that is the same whenever this is asked."""
        return uuid.uuid5(_NAMESPACE, f"{self.number} {what}")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message. `sealed` makes headers and body anew for every attempt, as signatures have a time."""

    path: str
    sealed: Callable[[datetime], tuple[Headers, bytes]] = field(repr=False)
    method: str = "POST"

    def carry(self, say: Say, now: datetime) -> int:
        """Send it."""
        headers, body = self.sealed(now)
        return say(self.method, self.path, headers, body).status


@dataclass(frozen=True, slots=True)
class Stage:
    """What a play needs: the connection with its secret, when it happens, the key of platforms that sign with one,
    and the public address of the service."""

    connection: Connection
    at: datetime
    key: Private | None = None
    base_url: str = ""


Play = Callable[[Stage, Student], Sequence[Carried]]
