"""The tables of what learning platforms report: connections, messages, reports, people, bindings and what came of it.

A message is what came over the wire, kept as it came; a report is one thing that it says. Names of learners stand in
both. Messages go when the time for disputes is over (`Platforms.jobs`); reports stay, since by them a retry is known.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from issuer.model.lms import MessageState, ReportState
from issuer.store.columns import Id, Instant, JsonText, Word
from issuer.store.tables import metadata

connection = Table(
    "lms_connection",
    metadata,
    Column("id", Id, primary_key=True),
    Column("institution_id", Id, ForeignKey("institution.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("namespace", Text, nullable=False),
    Column("sis", Text, nullable=False),
    Column("options", JsonText, nullable=False),
    Column("keys", JsonText, nullable=False),
    Column("creates", Boolean, nullable=False),
    Column("links", Boolean, nullable=False),
    Column("sealed", JsonText, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("removed_at", Instant),
    UniqueConstraint("institution_id", "name"),
)

message = Table(
    "lms_message",
    metadata,
    Column("id", Id, primary_key=True),
    Column("institution_id", Id, ForeignKey("institution.id"), nullable=False),
    Column("connection_id", Id, ForeignKey("lms_connection.id"), nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("headers", JsonText, nullable=False),
    Column("content", LargeBinary),
    Column("message_id", Text, nullable=False),
    Column("verified_by", Text, nullable=False),
    Column("integrity", Boolean, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("state", Word(MessageState), nullable=False),
    Column("reason", Text),
    UniqueConstraint("connection_id", "sha256"),
    Index(
        "ix_lms_message_open",
        "institution_id",
        "state",
        "id",
        sqlite_where=text("state <> 'read'"),
        postgresql_where=text("state <> 'read'"),
    ),
)

report = Table(
    "lms_report",
    metadata,
    Column("id", Id, primary_key=True),
    Column("institution_id", Id, ForeignKey("institution.id"), nullable=False),
    Column("connection_id", Id, ForeignKey("lms_connection.id"), nullable=False),
    Column("source", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("content", JsonText, nullable=False),
    Column("state", Word(ReportState), nullable=False),
    Column("course", Text, nullable=False),
    Column("learner", Text, nullable=False),
    Column("voids", Text, nullable=False),
    Column("person_id", Id),
    Column("occurred_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("reason_code", Text),
    Column("reason", Text),
    UniqueConstraint("institution_id", "source", "event_id"),
    Index(None, "connection_id", "person_id", "course"),
    Index(
        "ix_lms_report_open",
        "institution_id",
        "state",
        "id",
        sqlite_where=text("state IN ('new', 'held')"),
        postgresql_where=text("state IN ('new', 'held')"),
    ),
    Index(
        "ix_lms_report_voids",
        "institution_id",
        "voids",
        sqlite_where=text("voids <> ''"),
        postgresql_where=text("voids <> ''"),
    ),
)

person = Table(
    "person",
    metadata,
    Column("id", Id, primary_key=True),
    Column("institution_id", Id, ForeignKey("institution.id"), nullable=False),
    Column("number", Text, nullable=False),
    Column("name", Text),
    Column("created_by", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("institution_id", "number"),
)

person_id = Table(
    "person_id",
    metadata,
    Column("institution_id", Id, ForeignKey("institution.id"), primary_key=True),
    Column("value", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("namespace", Text, primary_key=True),
    Column("person_id", Id, ForeignKey("person.id"), primary_key=True),
    Column("added_by", Text, nullable=False),
    Column("added_at", Instant, nullable=False),
    Index(None, "person_id"),
    # One person each; an e-mail address or a login name may belong to several.
    Index(
        "uq_person_id_strong",
        "institution_id",
        "kind",
        "namespace",
        "value",
        unique=True,
        sqlite_where=text("kind IN ('sis', 'lms', 'lti')"),
        postgresql_where=text("kind IN ('sis', 'lms', 'lti')"),
    ),
)

binding = Table(
    "lms_binding",
    metadata,
    Column("id", Id, primary_key=True),
    Column("institution_id", Id, ForeignKey("institution.id"), nullable=False),
    Column("connection_id", Id, ForeignKey("lms_connection.id"), nullable=False),
    Column("course", Text, nullable=False),
    Column("section", Text),
    Column("term", Text),
    Column("definition_id", Text, nullable=False),
    Column("version", Text),
    Column("rule", JsonText, nullable=False),
    Column("results", JsonText, nullable=False),
    Column("valid_from", Instant),
    Column("valid_until", Instant),
    Column("per_term", Boolean, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("removed_at", Instant),
    Index(None, "institution_id", "connection_id", "course"),
)

award = Table(
    "lms_award",
    metadata,
    Column("institution_id", Id, ForeignKey("institution.id"), primary_key=True),
    Column("person_id", Id, ForeignKey("person.id"), primary_key=True),
    Column("binding_id", Id, ForeignKey("lms_binding.id"), primary_key=True),
    Column("occurrence", Text, primary_key=True),
    Column("completion_id", Id, ForeignKey("completion.id"), nullable=False),
    Column("report_id", Id, ForeignKey("lms_report.id"), nullable=False),
    Column("confirmed", LargeBinary),
    Column("awarded_at", Instant, nullable=False),
)

question = Table(
    "lms_question",
    metadata,
    Column("connection_id", Id, ForeignKey("lms_connection.id"), primary_key=True),
    Column("person_id", Id, ForeignKey("person.id"), primary_key=True),
    Column("course", Text, primary_key=True),
    Column("institution_id", Id, ForeignKey("institution.id"), nullable=False),
    Column("learner", Text, nullable=False),
    Column("statement", Text, nullable=False),
    Column("due_at", Instant),
    Column("tries", Integer, nullable=False),
    Column("asked_at", Instant),
    Column("answer", JsonText),
    Column("error", Text),
    Index(None, "institution_id", "due_at"),
)

case = Table(
    "lms_case",
    metadata,
    Column("id", Id, primary_key=True),
    Column("institution_id", Id, ForeignKey("institution.id"), nullable=False),
    Column("connection_id", Id, ForeignKey("lms_connection.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("content", JsonText, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("completion_id", Id),
    Column("opened_at", Instant, nullable=False),
    Column("settled_at", Instant),
    Column("settled_by", Text),
    Column("note", Text),
    UniqueConstraint("institution_id", "kind", "source", "event_id", "digest"),
    Index(None, "institution_id", "settled_at", "id"),
)

cursor = Table(
    "lms_cursor",
    metadata,
    Column("connection_id", Id, ForeignKey("lms_connection.id"), primary_key=True),
    Column("course", Text, primary_key=True),
    Column("position", Text, nullable=False),
    Column("moved_at", Instant, nullable=False),
)

lti_login = Table(
    "lti_login",
    metadata,
    Column("state", LargeBinary, primary_key=True),
    Column("institution_id", Id, ForeignKey("institution.id"), nullable=False),
    Column("connection_id", Id, ForeignKey("lms_connection.id"), nullable=False),
    Column("browser", LargeBinary, nullable=False),
    Column("nonce", LargeBinary, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index(None, "expires_at"),
)

lti_course = Table(
    "lti_course",
    metadata,
    Column("connection_id", Id, ForeignKey("lms_connection.id"), primary_key=True),
    Column("course", Text, primary_key=True),
    Column("institution_id", Id, ForeignKey("institution.id"), nullable=False),
    Column("line_items", Text, nullable=False),
    Column("memberships", Text, nullable=False),
    Column("told_at", Instant, nullable=False),
)
"""Where the services of a course are, as launches said."""
