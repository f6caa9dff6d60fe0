"""What every source's report becomes: who, which course, what happened, when, and how far it is proved.

Ids are texts as the source writes them, without surrounding white space; numbers are exact decimals; moments are
aware and in UTC. What `repr` leaves out is personal and must not reach a log.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class Kind(StrEnum):
    """What a report says. The first five are about a course or an activity of one learner."""

    COMPLETED = "completed"  # all that the course asks for is done; says nothing about a grade
    PASSED = "passed"
    FAILED = "failed"
    GRADED = "graded"  # a grade without a verdict
    WITHDRAWN = "withdrawn"  # no longer completed: reset, revoked, voided
    IDENTITY = "identity"  # only which ids belong to one person
    IGNORED = "ignored"  # nothing for us; `reason` says why


class IdKind(StrEnum):
    """What kind of id names a learner; each is unique within its namespace only, and an e-mail address not even so."""

    LMS = "lms"
    USERNAME = "username"
    SIS = "sis"
    LTI = "lti"
    EMAIL = "email"


class Reread(StrEnum):
    """What must be asked of the source again before anything is signed."""

    COMPLETION = "completion"
    GRADE = "grade"
    STATEMENT = "statement"  # xAPI: that it was not voided meanwhile


@dataclass(frozen=True, slots=True)
class Identifier:
    """One id of a learner: its kind, whose id it is (address of the LMS, name of the student system), and the text."""

    kind: IdKind
    namespace: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SourceLearner:
    """A learner as the source knows them."""

    ids: tuple[Identifier, ...]
    name: str | None = field(default=None, repr=False)

    def id_of(self, kind: IdKind) -> str | None:
        """Return the learner's id of a kind, or None."""
        return next((item.value for item in self.ids if item.kind is kind), None)


@dataclass(frozen=True, slots=True)
class Course:
    """A course as the source names it. `code` is the student system's name of it, `version` a hint, not a decision."""

    id: str
    section: str | None = None
    term: str | None = None
    code: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """Points: `given` on a scale from `minimum` to `maximum`; a maximum of None means that the source names none."""

    given: Decimal
    maximum: Decimal | None = None
    minimum: Decimal = Decimal(0)

    @property
    def percent(self) -> Decimal | None:
        """The place on the scale from 0 to 100, bounded (extra credit is 100), or None without a usable scale."""
        if self.maximum is None or self.maximum <= self.minimum:
            return None
        share = (self.given - self.minimum) / (self.maximum - self.minimum) * 100
        return max(Decimal(0), min(Decimal(100), share))


@dataclass(frozen=True, slots=True)
class Outcome:
    """How well: a verdict, points, a grade as the source writes it, credits; each None when the source is silent."""

    passed: bool | None = None
    score: Score | None = None
    grade: str | None = None
    credits: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a report comes from: source, SHA-256 of the raw bytes, and what proved them, such as `hmac:key-7`.

    `integrity` tells whether the proof covers the content: a password or a token in the address does not, so what it
    brings is a hint that must be read again at the source.
    """

    source: str
    raw_sha256: bytes
    verified_by: str
    received_at: datetime
    integrity: bool = True


@dataclass(frozen=True, slots=True)
class Reported:
    """One report of a source.

    (`origin.source`, `event_id`) names it for ever: coming again with the same `digest` (SHA-256 of what it says) it is
    a repetition, with another one a conflict that a person must look at. `order` decides between reports of the same
    second. `completion_id` is the source's own name of the completion, `voids` the id of a report that is taken back,
    `hold` a wish of the source that nothing is issued yet.
    """

    kind: Kind
    origin: Origin
    event_id: str
    digest: bytes
    occurred_at: datetime
    learner: SourceLearner | None = None
    course: Course | None = None
    activity: str | None = None
    outcome: Outcome | None = None
    emitted_at: datetime | None = None
    order: int = 0
    completion_id: str | None = None
    voids: str | None = None
    hold: bool = False
    reason: str = ""
    reread: tuple[Reread, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """What a source says now about one learner in one course, asked by us; `evidence` is SHA-256 of its answers.

    `completed` is None when it was not asked, `outcome` when it was not asked or the source knows none.
    """

    evidence: bytes
    completed: bool | None = None
    completed_at: datetime | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """Someone enrolled in a course, with the names of their roles there."""

    learner: SourceLearner
    roles: tuple[str, ...] = ()
