"""Taking reports in without keys: credentials come from a press that signs nothing."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from issuer.db import Transaction
from issuer.inbox import Answer, Arrival, Refusal, take_in
from issuer.make import Made, Plan
from issuer.model import CompletionReport
from tests.issuer.samples import NOW, raw, report


class Press:
    """Makes bytes as if they had been issued, and keeps the plans; refuses the learners in `broken`."""

    def __init__(self, broken: dict[str, Exception] | None = None) -> None:
        self.broken = broken or {}
        self.plans: list[Plan] = []

    def __call__(self) -> Press:
        return self

    def make(self, plan: Plan) -> Made:
        if plan.completion.learner_name in self.broken:
            raise self.broken[plan.completion.learner_name]
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
