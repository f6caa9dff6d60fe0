"""Taking reports in without keys: credentials come from a press that signs nothing."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from issuer.db import Transaction
from issuer.errors import IssuerError
from issuer.inbox import Answer, Arrival, Refusal, take_in
from issuer.make import Made, Plan
from issuer.model import CompletionReport
from tests.issuer.samples import NOW, raw, report


class Press:
    """Makes bytes as if they had been issued, and keeps the plans; the learners in `broken` get that error."""

    def __init__(self, broken: dict[str, IssuerError] | None = None) -> None:
        self.broken = broken or {}
        self.plans: list[Plan] = []

    def __call__(self) -> Press:
        return self

    def make_many(self, plans: Sequence[Plan]) -> list[Made | IssuerError]:
        return [self.broken.get(plan.completion.learner_name) or self.make(plan) for plan in plans]

    def make(self, plan: Plan) -> Made:
        self.plans.append(plan)
        return Made(secrets.token_urlsafe(16), b"{}", bytes(32), "did:web:uni.example#k", b"", b"")

    def verify(self, made: Made) -> None:
        """There is no signature."""


def arrival(
    value: CompletionReport | None = None, *, data: bytes | None = None, actor: str = "lms", **changes: Any
) -> Arrival:
    """A report as it was read."""
    value = value or report(**changes)
    return Arrival(data or raw(value), value, value.digest, actor)


def take_all(tx: Transaction, *arrivals: Arrival, maker: Any = None, now: datetime = NOW) -> list[Answer | Refusal]:
    """Take in a set of reports."""
    return take_in(tx, arrivals, maker or Press(), now)


def take(tx: Transaction, maker: Any = None, now: datetime = NOW, **changes: Any) -> Answer:
    """Take in one report, the sample one with `changes`; raises what stands against it."""
    (answer,) = take_all(tx, arrival(**changes), maker=maker, now=now)
    if isinstance(answer, Answer):
        return answer
    raise answer
