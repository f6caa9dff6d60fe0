"""What is stored, one dataclass per kind of row.

Times are aware and in UTC, ids are UUIDv7, digests are the 32 bytes of SHA-256. What `repr` leaves out
is personal or secret and must not reach a log.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any
from uuid import UUID

from issuer.model.definition import Definition
from issuer.model.report import CompletionReport
from openbadge import strict_json


class DefinitionState(StrEnum):
    """Where a definition version stands."""

    DRAFT = "draft"
    APPROVED = "approved"
    RETIRED = "retired"


class CompletionState(StrEnum):
    """Where a completion stands; `issuer.completions.TRANSITIONS` says what may follow what."""

    RECEIVED = "received"
    HELD = "held"
    ISSUING = "issuing"
    ISSUED = "issued"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class ReviewKind(StrEnum):
    """Why a person must look: a report contradicts an earlier one, or takes a completion back."""

    CONFLICT = "conflict"
    WITHDRAWAL = "withdrawal"


class ReviewState(StrEnum):
    """Where a review stands: a person has to decide, did as the report says, or left everything as it was."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"


class StatusState(StrEnum):
    """What the issuer decided about a credential; `issuer.status` says what may follow what.

    Reinstated lifts a suspension. A revocation is for good.
    """

    REVOKED = "revoked"
    SUSPENDED = "suspended"
    REINSTATED = "reinstated"


@dataclass(frozen=True, slots=True)
class Institution:
    """Who awards. `slug` is its name in our addresses, `country` is ISO 3166-1 alpha-2.

    `base_url` is the public address of the service: kept here, so that every program of this home uses the same.
    """

    id: UUID
    slug: str
    did: str
    base_url: str
    name: str
    url: str
    country: str
    created_at: datetime
    email: str | None = None
    description: str | None = None
    image: str | None = None


@lru_cache(maxsize=256)
def _definition_of(content: bytes) -> Definition:
    return Definition.from_json(json.loads(content))


@dataclass(frozen=True, slots=True)
class DefinitionVersion:
    """One version of a definition and what was decided about it.

    `content` are the exact canonical bytes, `digest` is their SHA-256. An approved version applies to
    completions from `effective_from` on, until `retired_at`.
    """

    id: UUID
    institution_id: UUID
    definition_id: str
    version: str
    state: DefinitionState
    content: bytes
    digest: bytes
    created_by: str
    created_at: datetime
    approved_by: str | None = None
    approved_at: datetime | None = None
    decision_ref: str | None = None
    effective_from: datetime | None = None
    retired_by: str | None = None
    retired_at: datetime | None = None

    @property
    def definition(self) -> Definition:
        """The content, read from the stored bytes."""
        return _definition_of(self.content)


@dataclass(frozen=True, slots=True)
class Completion:
    """One report of a source and what became of it.

    `raw` are the bytes as they came in, `digest` is the SHA-256 of what they say (`CompletionReport.canonical_bytes`),
    `reported_by` who sent them. `person`, `definition_id` and `occurrence` make the business key.
    `definition_version_id` and `version_rule` say which version applies and by which rule; `credential_id` is what
    the person got. `parsed` is the report, if whoever made this had it at hand; it is not stored.
    """

    id: UUID
    institution_id: UUID
    source: str
    source_id: str
    raw: bytes = field(repr=False)
    digest: bytes
    state: CompletionState
    definition_id: str
    person: str = field(repr=False)
    occurrence: str
    learner_name: str = field(repr=False)
    completed_at: datetime
    received_at: datetime
    reported_by: str = ""
    reason_code: str | None = None
    reason: str | None = None
    pinned_version: str | None = None
    learner_email: str | None = field(default=None, repr=False)
    learner_did: str | None = field(default=None, repr=False)
    definition_version_id: UUID | None = None
    version_rule: str | None = None
    credential_id: UUID | None = None
    parsed: CompletionReport | None = field(default=None, repr=False, compare=False)

    @property
    def report(self) -> CompletionReport:
        """The report, read from its bytes."""
        return self.parsed or CompletionReport.from_json(strict_json.loads(self.raw))


@dataclass(frozen=True, slots=True)
class CompletionStep:
    """One line of a completion's history. Never changed."""

    id: int
    completion_id: UUID
    at: datetime
    state: CompletionState
    actor: str
    reason_code: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """A report that changes nothing by itself, kept for a person to look at.

    `raw` are the bytes as they came in, `digest` is the SHA-256 of what they say. `occurred_at` is when the source says
    that it happened. `completion_id` is the completion that it is about, if that is known here.
    """

    id: UUID
    institution_id: UUID
    kind: ReviewKind
    state: ReviewState
    source: str
    source_id: str
    person: str = field(repr=False)
    definition_id: str
    occurrence: str
    raw: bytes = field(repr=False)
    digest: bytes
    occurred_at: datetime
    received_at: datetime
    reported_by: str
    completion_id: UUID | None = None
    settled_at: datetime | None = None
    settled_by: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class IssuedCredential:
    """The exact signed bytes, and where they come from.

    `public_id` is the unguessable part of the public address; `key_id` the verification method that signed. `edition`
    counts the credentials of one completion: 2 and more were issued again. `jwt` is the twin, once it was asked for.
    """

    id: UUID
    public_id: str
    institution_id: UUID
    completion_id: UUID
    definition_version_id: UUID
    document: bytes = field(repr=False)
    sha256: bytes
    key_id: str
    status_list_id: UUID
    status_index: int
    issued_at: datetime
    edition: int = 1
    jwt: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class StatusList:
    """Status bits, published at `url` for ever.

    `taken` counts the entries given away; `permutation_key` (32 bytes) scatters them. `profile_id` is the issuer
    profile whose list it is, None for the institution's own. `valid_year` is the year (UTC) in which its credentials
    expire; None: they have no end, or the list is older than the sharding by years. `last_signed_at` is the latest
    time at which a credential with an entry in it, or the list itself, was signed.
    """

    id: UUID
    institution_id: UUID
    url: str
    purpose: str
    length: int
    taken: int
    permutation_key: bytes = field(repr=False)
    created_at: datetime
    profile_id: UUID | None = None
    valid_year: int | None = None
    last_signed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StatusSlot:
    """The place of one credential in the status list published at `url`."""

    list_id: UUID
    index: int
    url: str


@dataclass(frozen=True, slots=True)
class StatusChange:
    """One decision about one status entry. Never changed; the newest one counts."""

    list_id: UUID
    index: int
    reason: str
    actor: str
    at: datetime
    state: StatusState

    @property
    def is_set(self) -> bool:
        """Whether it sets the bit: the credential is not valid now."""
        return self.state is not StatusState.REINSTATED


@dataclass(frozen=True, slots=True)
class StatusPublication:
    """A signed status list; `last_change` is the newest `StatusChange.id` that it tells (0: none)."""

    list_id: UUID
    version: int
    document: bytes
    last_change: int
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class ApiToken:
    """An access token, without the secret itself: only its SHA-256 is kept."""

    id: UUID
    institution_id: UUID
    name: str
    sha256: bytes
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the audit log; `hash` covers the line and `previous_hash`: no line changes alone."""

    seq: int
    at: datetime
    institution_id: UUID | None
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]
    previous_hash: bytes
    hash: bytes
