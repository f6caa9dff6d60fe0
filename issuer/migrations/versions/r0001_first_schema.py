"""The first schema.

A frozen copy of what `issuer.store.tables` was: a migration must go on building what it built, whatever the tables
become later.
"""

import sqlalchemy as sa
from alembic import op

from issuer.store.columns import Id, Instant, Serial

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create all tables, each after those it points to."""
    _institution()
    _definition_version()
    _completion()
    _completion_history()
    _status_list()
    _credential()
    _award()
    _status_change()
    _status_publication()
    _api_token()
    _audit()


def _institution() -> None:
    op.create_table(
        "institution",
        sa.Column("id", Id(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("did", sa.Text(), nullable=False),
        sa.Column("base_url", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("image", sa.Text(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_institution"),
        sa.UniqueConstraint("did", name="uq_institution_did"),
        sa.UniqueConstraint("slug", name="uq_institution_slug"),
    )


def _definition_version() -> None:
    op.create_table(
        "definition_version",
        sa.Column("id", Id(), nullable=False),
        sa.Column("institution_id", Id(), nullable=False),
        sa.Column("definition_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", Instant(), nullable=True),
        sa.Column("decision_ref", sa.Text(), nullable=True),
        sa.Column("effective_from", Instant(), nullable=True),
        sa.Column("retired_by", sa.Text(), nullable=True),
        sa.Column("retired_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["institution_id"], ["institution.id"], name="fk_definition_version_institution_id"),
        sa.PrimaryKeyConstraint("id", name="pk_definition_version"),
        sa.UniqueConstraint(
            "institution_id",
            "definition_id",
            "version",
            name="uq_definition_version_institution_id_definition_id_version",
        ),
    )


def _completion() -> None:
    op.create_table(
        "completion",
        sa.Column("id", Id(), nullable=False),
        sa.Column("institution_id", Id(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("definition_id", sa.Text(), nullable=False),
        sa.Column("pinned_version", sa.Text(), nullable=True),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("occurrence", sa.Text(), server_default="", nullable=False),
        sa.Column("learner_name", sa.Text(), nullable=False),
        sa.Column("learner_email", sa.Text(), nullable=True),
        sa.Column("learner_did", sa.Text(), nullable=True),
        sa.Column("completed_at", Instant(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("definition_version_id", Id(), nullable=True),
        sa.Column("version_rule", sa.Text(), nullable=True),
        sa.Column("credential_id", Id(), nullable=True),
        sa.ForeignKeyConstraint(
            ["definition_version_id"], ["definition_version.id"], name="fk_completion_definition_version_id"
        ),
        sa.ForeignKeyConstraint(["institution_id"], ["institution.id"], name="fk_completion_institution_id"),
        sa.PrimaryKeyConstraint("id", name="pk_completion"),
        sa.UniqueConstraint(
            "institution_id", "source", "source_id", name="uq_completion_institution_id_source_source_id"
        ),
    )
    op.create_index("ix_completion_credential_id", "completion", ["credential_id"], unique=False)
    op.create_index(
        "ix_completion_institution_id_definition_id_state_id",
        "completion",
        ["institution_id", "definition_id", "state", "id"],
        unique=False,
    )
    op.create_index(
        "ix_completion_institution_id_state_id", "completion", ["institution_id", "state", "id"], unique=False
    )


def _completion_history() -> None:
    op.create_table(
        "completion_history",
        sa.Column("id", Serial, nullable=False),
        sa.Column("completion_id", Id(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["completion_id"], ["completion.id"], name="fk_completion_history_completion_id"),
        sa.PrimaryKeyConstraint("id", name="pk_completion_history"),
    )
    op.create_index("ix_completion_history_completion_id", "completion_history", ["completion_id"], unique=False)


def _status_list() -> None:
    op.create_table(
        "status_list",
        sa.Column("id", Id(), nullable=False),
        sa.Column("institution_id", Id(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("permutation_key", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.CheckConstraint("length >= 131072", name="ck_status_list_length"),
        sa.CheckConstraint("taken >= 0 AND taken <= length", name="ck_status_list_taken"),
        sa.ForeignKeyConstraint(["institution_id"], ["institution.id"], name="fk_status_list_institution_id"),
        sa.PrimaryKeyConstraint("id", name="pk_status_list"),
    )
    op.create_index(
        "ix_status_list_institution_id_purpose_created_at",
        "status_list",
        ["institution_id", "purpose", "created_at"],
        unique=False,
    )


def _credential() -> None:
    op.create_table(
        "credential",
        sa.Column("id", Id(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("institution_id", Id(), nullable=False),
        sa.Column("completion_id", Id(), nullable=False),
        sa.Column("definition_version_id", Id(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("jwt", sa.Text(), nullable=True),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("status_list_id", Id(), nullable=False),
        sa.Column("status_index", sa.Integer(), nullable=False),
        sa.Column("issued_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["completion_id"], ["completion.id"], name="fk_credential_completion_id"),
        sa.ForeignKeyConstraint(
            ["definition_version_id"], ["definition_version.id"], name="fk_credential_definition_version_id"
        ),
        sa.ForeignKeyConstraint(["institution_id"], ["institution.id"], name="fk_credential_institution_id"),
        sa.ForeignKeyConstraint(["status_list_id"], ["status_list.id"], name="fk_credential_status_list_id"),
        sa.PrimaryKeyConstraint("id", name="pk_credential"),
        sa.UniqueConstraint("completion_id", name="uq_credential_completion_id"),
        sa.UniqueConstraint("public_id", name="uq_credential_public_id"),
        sa.UniqueConstraint("status_list_id", "status_index", name="uq_credential_status_list_id_status_index"),
    )
    op.create_index("ix_credential_definition_version_id", "credential", ["definition_version_id"], unique=False)
    op.create_index("ix_credential_institution_id_id", "credential", ["institution_id", "id"], unique=False)


def _award() -> None:
    op.create_table(
        "award",
        sa.Column("institution_id", Id(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("definition_id", sa.Text(), nullable=False),
        sa.Column("occurrence", sa.Text(), nullable=False),
        sa.Column("credential_id", Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["credential_id"], ["credential.id"], name="fk_award_credential_id", initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(["institution_id"], ["institution.id"], name="fk_award_institution_id"),
        sa.PrimaryKeyConstraint("institution_id", "person", "definition_id", "occurrence", name="pk_award"),
        sa.UniqueConstraint("credential_id", name="uq_award_credential_id"),
    )


def _status_change() -> None:
    op.create_table(
        "status_change",
        sa.Column("id", Serial, nullable=False),
        sa.Column("list_id", Id(), nullable=False),
        sa.Column("index", sa.Integer(), nullable=False),
        sa.Column("value", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["status_list.id"], name="fk_status_change_list_id"),
        sa.PrimaryKeyConstraint("id", name="pk_status_change"),
    )
    op.create_index("ix_status_change_list_id_index_id", "status_change", ["list_id", "index", "id"], unique=False)


def _status_publication() -> None:
    op.create_table(
        "status_publication",
        sa.Column("list_id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("last_change", Serial, nullable=False),
        sa.Column("signed_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["status_list.id"], name="fk_status_publication_list_id"),
        sa.PrimaryKeyConstraint("list_id", "version", name="pk_status_publication"),
    )


def _api_token() -> None:
    op.create_table(
        "api_token",
        sa.Column("id", Id(), nullable=False),
        sa.Column("institution_id", Id(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["institution_id"], ["institution.id"], name="fk_api_token_institution_id"),
        sa.PrimaryKeyConstraint("id", name="pk_api_token"),
        sa.UniqueConstraint("institution_id", "name", name="uq_api_token_institution_id_name"),
        sa.UniqueConstraint("sha256", name="uq_api_token_sha256"),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", Serial, autoincrement=False, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("institution_id", Id(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit"),
    )
    op.create_index("ix_audit_institution_id_seq", "audit", ["institution_id", "seq"], unique=False)
