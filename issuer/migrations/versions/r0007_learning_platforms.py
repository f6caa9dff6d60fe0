"""Connections to learning platforms, what they report, people, bindings, and what came of it."""

import sqlalchemy as sa
from alembic import op

from issuer.store.columns import Id, Instant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    _lms_connection()
    _person()
    _lms_binding()
    _lms_case()
    _lms_cursor()
    _lms_message()
    _lms_question()
    _lms_report()
    _person_id()
    _lms_award()


def _lms_connection() -> None:
    op.create_table(
        "lms_connection",
        sa.Column("id", Id(), nullable=False),
        sa.Column("institution_id", Id(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("sis", sa.Text(), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("keys", sa.Text(), nullable=False),
        sa.Column("creates", sa.Boolean(), nullable=False),
        sa.Column("links", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("removed_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["institution_id"], ["institution.id"], name="fk_lms_connection_institution_id"),
        sa.PrimaryKeyConstraint("id", name="pk_lms_connection"),
        sa.UniqueConstraint("institution_id", "name", name="uq_lms_connection_institution_id_name"),
    )


def _person() -> None:
    op.create_table(
        "person",
        sa.Column("id", Id(), nullable=False),
        sa.Column("institution_id", Id(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["institution_id"], ["institution.id"], name="fk_person_institution_id"),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
        sa.UniqueConstraint("institution_id", "number", name="uq_person_institution_id_number"),
    )


def _lms_binding() -> None:
    op.create_table(
        "lms_binding",
        sa.Column("id", Id(), nullable=False),
        sa.Column("institution_id", Id(), nullable=False),
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("course", sa.Text(), nullable=False),
        sa.Column("section", sa.Text(), nullable=True),
        sa.Column("term", sa.Text(), nullable=True),
        sa.Column("definition_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("results", sa.Text(), nullable=False),
        sa.Column("valid_from", Instant(), nullable=True),
        sa.Column("valid_until", Instant(), nullable=True),
        sa.Column("per_term", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("removed_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["connection_id"], ["lms_connection.id"], name="fk_lms_binding_connection_id"),
        sa.ForeignKeyConstraint(["institution_id"], ["institution.id"], name="fk_lms_binding_institution_id"),
        sa.PrimaryKeyConstraint("id", name="pk_lms_binding"),
    )
    op.create_index(
        "ix_lms_binding_institution_id_connection_id_course",
        "lms_binding",
        ["institution_id", "connection_id", "course"],
        unique=False,
    )


def _lms_case() -> None:
    op.create_table(
        "lms_case",
        sa.Column("id", Id(), nullable=False),
        sa.Column("institution_id", Id(), nullable=False),
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("completion_id", Id(), nullable=True),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["connection_id"], ["lms_connection.id"], name="fk_lms_case_connection_id"),
        sa.ForeignKeyConstraint(["institution_id"], ["institution.id"], name="fk_lms_case_institution_id"),
        sa.PrimaryKeyConstraint("id", name="pk_lms_case"),
        sa.UniqueConstraint(
            "institution_id",
            "kind",
            "source",
            "event_id",
            "digest",
            name="uq_lms_case_institution_id_kind_source_event_id_digest",
        ),
    )
    op.create_index(
        "ix_lms_case_institution_id_settled_at_id", "lms_case", ["institution_id", "settled_at", "id"], unique=False
    )


def _lms_cursor() -> None:
    op.create_table(
        "lms_cursor",
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("course", sa.Text(), nullable=False),
        sa.Column("position", sa.Text(), nullable=False),
        sa.Column("moved_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["connection_id"], ["lms_connection.id"], name="fk_lms_cursor_connection_id"),
        sa.PrimaryKeyConstraint("connection_id", "course", name="pk_lms_cursor"),
    )


def _lms_message() -> None:
    op.create_table(
        "lms_message",
        sa.Column("id", Id(), nullable=False),
        sa.Column("institution_id", Id(), nullable=False),
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("verified_by", sa.Text(), nullable=False),
        sa.Column("integrity", sa.Boolean(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["connection_id"], ["lms_connection.id"], name="fk_lms_message_connection_id"),
        sa.ForeignKeyConstraint(["institution_id"], ["institution.id"], name="fk_lms_message_institution_id"),
        sa.PrimaryKeyConstraint("id", name="pk_lms_message"),
        sa.UniqueConstraint("connection_id", "sha256", name="uq_lms_message_connection_id_sha256"),
    )
    op.create_index(
        "ix_lms_message_open",
        "lms_message",
        ["institution_id", "state", "id"],
        unique=False,
        sqlite_where=sa.text("state <> 'read'"),
        postgresql_where=sa.text("state <> 'read'"),
    )


def _lms_question() -> None:
    op.create_table(
        "lms_question",
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("course", sa.Text(), nullable=False),
        sa.Column("institution_id", Id(), nullable=False),
        sa.Column("learner", sa.Text(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("asked_at", Instant(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["connection_id"], ["lms_connection.id"], name="fk_lms_question_connection_id"),
        sa.ForeignKeyConstraint(["institution_id"], ["institution.id"], name="fk_lms_question_institution_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_lms_question_person_id"),
        sa.PrimaryKeyConstraint("connection_id", "person_id", "course", name="pk_lms_question"),
    )
    op.create_index("ix_lms_question_institution_id_due_at", "lms_question", ["institution_id", "due_at"], unique=False)


def _lms_report() -> None:
    op.create_table(
        "lms_report",
        sa.Column("id", Id(), nullable=False),
        sa.Column("institution_id", Id(), nullable=False),
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("course", sa.Text(), nullable=False),
        sa.Column("learner", sa.Text(), nullable=False),
        sa.Column("voids", sa.Text(), nullable=False),
        sa.Column("person_id", Id(), nullable=True),
        sa.Column("occurred_at", Instant(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["connection_id"], ["lms_connection.id"], name="fk_lms_report_connection_id"),
        sa.ForeignKeyConstraint(["institution_id"], ["institution.id"], name="fk_lms_report_institution_id"),
        sa.PrimaryKeyConstraint("id", name="pk_lms_report"),
        sa.UniqueConstraint(
            "institution_id", "source", "event_id", name="uq_lms_report_institution_id_source_event_id"
        ),
    )
    op.create_index(
        "ix_lms_report_connection_id_person_id_course",
        "lms_report",
        ["connection_id", "person_id", "course"],
        unique=False,
    )
    op.create_index(
        "ix_lms_report_open",
        "lms_report",
        ["institution_id", "state", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('new', 'held')"),
        postgresql_where=sa.text("state IN ('new', 'held')"),
    )
    op.create_index(
        "ix_lms_report_voids",
        "lms_report",
        ["institution_id", "voids"],
        unique=False,
        sqlite_where=sa.text("voids <> ''"),
        postgresql_where=sa.text("voids <> ''"),
    )


def _person_id() -> None:
    op.create_table(
        "person_id",
        sa.Column("institution_id", Id(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("added_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["institution_id"], ["institution.id"], name="fk_person_id_institution_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_person_id_person_id"),
        sa.PrimaryKeyConstraint("institution_id", "value", "kind", "namespace", "person_id", name="pk_person_id"),
    )
    op.create_index("ix_person_id_person_id", "person_id", ["person_id"], unique=False)
    op.create_index(
        "uq_person_id_strong",
        "person_id",
        ["institution_id", "kind", "namespace", "value"],
        unique=True,
        sqlite_where=sa.text("kind IN ('sis', 'lms', 'lti')"),
        postgresql_where=sa.text("kind IN ('sis', 'lms', 'lti')"),
    )


def _lms_award() -> None:
    op.create_table(
        "lms_award",
        sa.Column("institution_id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("binding_id", Id(), nullable=False),
        sa.Column("occurrence", sa.Text(), nullable=False),
        sa.Column("completion_id", Id(), nullable=False),
        sa.Column("report_id", Id(), nullable=False),
        sa.Column("confirmed", sa.LargeBinary(), nullable=True),
        sa.Column("awarded_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["binding_id"], ["lms_binding.id"], name="fk_lms_award_binding_id"),
        sa.ForeignKeyConstraint(["completion_id"], ["completion.id"], name="fk_lms_award_completion_id"),
        sa.ForeignKeyConstraint(["institution_id"], ["institution.id"], name="fk_lms_award_institution_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_lms_award_person_id"),
        sa.ForeignKeyConstraint(["report_id"], ["lms_report.id"], name="fk_lms_award_report_id"),
        sa.PrimaryKeyConstraint("institution_id", "person_id", "binding_id", "occurrence", name="pk_lms_award"),
    )
