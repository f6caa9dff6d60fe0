"""What jobs work on: batches of reports, deliveries, and who works. Field names are the column names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class BatchState(StrEnum):
    """Where a batch stands. `refused`: its bytes are not a list of reports; nothing of it was issued."""

    RECEIVED = "received"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    CANCELLED = "cancelled"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Batch:
    """Many completion reports in one body.

    `key` is the `Idempotency-Key` that it came with, else its own id; `sha256` and `size` are those of the body.
    `rows` is the number of reports, known once the body was divided into parts. `touched_at` is when work last went on.
    """

    id: UUID
    institution_id: UUID
    key: str
    media_type: str
    sha256: bytes
    size: int
    dry_run: bool
    state: BatchState
    reported_by: str
    created_at: datetime
    touched_at: datetime
    rows: int | None = None
    reason: str | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BatchPart:
    """Some hundred reports of a batch that are worked on in one transaction.

    `lane` names the workflow that has taken it, `starts` counts how often work on it began; `issued`, `known`, `held`
    and `failed` count its rows by outcome once `done_at` is set.
    """

    batch_id: UUID
    number: int
    rows: int
    lane: str | None = None
    starts: int = 0
    issued: int = 0
    known: int = 0
    held: int = 0
    failed: int = 0
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is: rows by outcome, and parts done of parts in all."""

    issued: int = 0
    known: int = 0
    held: int = 0
    failed: int = 0
    parts_done: int = 0
    parts: int = 0

    @property
    def rows_done(self) -> int:
        """Rows that have a result."""
        return self.issued + self.known + self.held + self.failed


class DeliveryState(StrEnum):
    """Where a delivery stands. `dead`: it was tried as often as makes sense, or cannot ever work."""

    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message about one thing over one channel. `event` and `subject` are those of the audit entry `seq`."""

    id: UUID
    institution_id: UUID
    channel: str
    event: str
    subject: str
    seq: int
    state: DeliveryState
    created_at: datetime
    next_attempt_at: datetime
    attempts: int = 0
    last_error: str | None = None
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OutboxJob:
    """A job that was ordered and not yet handed to the engine. `arguments` are JSON without personal data."""

    id: UUID
    kind: str
    arguments: dict[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class JobWorker:
    """A process that works on jobs, and when it last said so."""

    id: str
    place: str
    started_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class PeriodicRun:
    """The newest run of a periodic job. `slot` is the time for which it was due, whenever it began."""

    name: str
    slot: datetime
    started_at: datetime
    finished_at: datetime | None = None
    note: str | None = None
    error: str | None = None
