"""The tables of the jobs. Long contents have a table of their own: a row that is updated is written anew as a whole."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from issuer.model.jobs import BatchState, DeliveryState
from issuer.store.columns import Id, Instant, JsonText, Word
from issuer.store.tables import metadata

batch = Table(
    "batch",
    metadata,
    Column("id", Id, primary_key=True),
    Column("institution_id", Id, ForeignKey("institution.id"), nullable=False),
    Column("key", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("dry_run", Boolean, nullable=False),
    Column("state", Word(BatchState), nullable=False),
    Column("reported_by", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("touched_at", Instant, nullable=False),
    Column("rows", Integer),
    Column("reason", Text),
    Column("finished_at", Instant),
    UniqueConstraint("institution_id", "key"),
    Index(None, "state", "touched_at"),
)

batch_part = Table(
    "batch_part",
    metadata,
    Column("batch_id", Id, ForeignKey("batch.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("rows", Integer, nullable=False),
    Column("lane", Text),
    Column("starts", Integer, nullable=False),
    Column("issued", Integer, nullable=False),
    Column("known", Integer, nullable=False),
    Column("held", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("done_at", Instant),
)

batch_content = Table(
    "batch_content",
    metadata,
    Column("batch_id", Id, ForeignKey("batch.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", Id, primary_key=True),
    Column("institution_id", Id, ForeignKey("institution.id"), nullable=False),
    Column("channel", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("state", Word(DeliveryState), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("next_attempt_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_error", Text),
    Column("done_at", Instant),
    UniqueConstraint("channel", "seq"),
    Index(None, "state", "next_attempt_at"),
)

delivery_cursor = Table(
    "delivery_cursor",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
)

job_outbox = Table(
    "job_outbox",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("arguments", JsonText, nullable=False),
    Column("created_at", Instant, nullable=False),
)

job_worker = Table(
    "job_worker",
    metadata,
    Column("id", Text, primary_key=True),
    Column("place", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
)

job_periodic = Table(
    "job_periodic",
    metadata,
    Column("name", Text, primary_key=True),
    Column("slot", Instant, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("note", Text),
    Column("error", Text),
)
