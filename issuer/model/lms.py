"""What is stored of learning platforms, one dataclass per kind of row. What `repr` leaves out is personal or secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class MessageState(StrEnum):
    """Where a message stands."""

    NEW = "new"  # stored; not read yet, because it is long
    READ = "read"  # its reports are stored
    REFUSED = "refused"  # it is from the source and cannot be read; `reason` says why


class ReportState(StrEnum):
    """Where a report stands."""

    NEW = "new"  # not looked at yet
    HELD = "held"  # something is missing that people, time or the source can bring; `reason` says what
    WAITING = "waiting"  # counted; the rule of the course is not met yet
    AWARDED = "awarded"  # counted; the person has the credential
    DONE = "done"  # there is nothing to count: who somebody is, or nothing for us
    CONFLICT = "conflict"  # another report has its name; a person has to look at the case


@dataclass(frozen=True, slots=True)
class LmsConnection:
    """A connection as it is stored. `sealed` holds secrets and token; `revision` rises with every change.

    `keys` are public keys as JWKs. `creates` and `links` are its rules of identity (`issuer.lms.identity.Rules`).
    """

    id: UUID
    institution_id: UUID
    name: str
    kind: str
    namespace: str
    sis: str
    options: Mapping[str, str]
    keys: tuple[Mapping[str, Any], ...]
    creates: bool
    links: bool
    sealed: Mapping[str, Any] = field(repr=False)
    revision: int
    created_by: str
    created_at: datetime
    removed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LmsMessage:
    """What came over the wire. `sha256` names it: over the sender's name of it and the raw bytes.

    `content` is what the proof covers where that is not `raw` itself; `headers` are those that reading needs.
    """

    id: UUID
    institution_id: UUID
    connection_id: UUID
    sha256: bytes
    raw: bytes = field(repr=False)
    headers: Mapping[str, str]
    message_id: str
    verified_by: str
    integrity: bool
    received_at: datetime
    state: MessageState
    content: bytes | None = field(default=None, repr=False)
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class LmsReport:
    """One report. `content` is its form of `issuer.lms_work.report_json`; "" stands for what it does not say.

    `learner` is the strongest id of the learner as one text, by which reports of somebody unknown are found again.
    """

    id: UUID
    institution_id: UUID
    connection_id: UUID
    source: str
    event_id: str
    digest: bytes
    content: Mapping[str, Any] = field(repr=False)
    state: ReportState
    course: str
    learner: str = field(repr=False)
    voids: str
    occurred_at: datetime
    received_at: datetime
    person_id: UUID | None = None
    reason_code: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class LmsPerson:
    """A learner record: the institution's own number and the name as its record says."""

    id: UUID
    institution_id: UUID
    number: str = field(repr=False)
    name: str | None = field(repr=False)
    created_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class LmsPersonId:
    """One id of a person."""

    institution_id: UUID
    value: str = field(repr=False)
    kind: str
    namespace: str
    person_id: UUID
    added_by: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class LmsBinding:
    """A binding as it is stored; `rule` is JSON (`issuer.lms.rule_json`)."""

    id: UUID
    institution_id: UUID
    connection_id: UUID
    course: str
    definition_id: str
    rule: Mapping[str, Any]
    results: Mapping[str, str]
    per_term: bool
    created_by: str
    created_at: datetime
    section: str | None = None
    term: str | None = None
    version: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    removed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LmsAward:
    """What a person got through a binding, and the report that brought it; `confirmed` is SHA-256 of the source's
    answers when it was asked again, or None if it was not."""

    institution_id: UUID
    person_id: UUID
    binding_id: UUID
    occurrence: str
    completion_id: UUID
    report_id: UUID
    awarded_at: datetime
    confirmed: bytes | None = None


@dataclass(frozen=True, slots=True)
class LmsQuestion:
    """A question to a source about one person in one course, asked from `due_at` on; `answer` is the newest one.

    `learner` is the source's id of the person, `statement` the id of a statement (xAPI) to look for.
    """

    connection_id: UUID
    person_id: UUID
    course: str
    institution_id: UUID
    learner: str = field(repr=False)
    statement: str
    tries: int = 0
    due_at: datetime | None = None
    asked_at: datetime | None = None
    answer: Mapping[str, Any] | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class LmsCase:
    """Something that a person has to look at: a `conflict` of two reports, or a `setback` after an award."""

    id: UUID
    institution_id: UUID
    connection_id: UUID
    kind: str
    source: str
    event_id: str
    digest: bytes
    content: Mapping[str, Any] = field(repr=False)
    sentence: str
    opened_at: datetime
    completion_id: UUID | None = None
    settled_at: datetime | None = None
    settled_by: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class LtiLogin:
    """A login that is under way: SHA-256 of its state, of the secret in the browser's cookie, and of its nonce."""

    state: bytes = field(repr=False)
    institution_id: UUID
    connection_id: UUID
    browser: bytes = field(repr=False)
    nonce: bytes = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LtiCourse:
    """Where a platform serves the columns and the people of a course, as its last launch said; "" where it does not."""

    connection_id: UUID
    course: str
    institution_id: UUID
    line_items: str
    memberships: str
    told_at: datetime
