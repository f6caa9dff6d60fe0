"""What is asked of one verification, apart from the credential itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from verifier.fetch import Fetch
from verifier.policy import Policy
from verifier.remembered import Lists
from verifier.shapes import Shapes
from verifier.trust import Trust, TrustList


@dataclass(frozen=True, slots=True)
class Question:
    """The circumstances of a verification.

    `now` is the aware time at which the credential shall be valid; every date check uses it. `fetch` gets key
    documents and status lists. `policy` and `trust` are the operator's. `recipient`, if given, is an e-mail address,
    a name or an identifier: the verification then also asks whether the credential was issued to that person.
    `shapes` remembers what badges of one definition have in common, `lists` status lists that were verified; without
    them everything is done from scratch.
    """

    now: datetime
    fetch: Fetch
    policy: Policy = field(default_factory=Policy)
    trust: Trust = field(default_factory=lambda: TrustList({}))
    recipient: str | None = None
    shapes: Shapes | None = None
    lists: Lists | None = None
