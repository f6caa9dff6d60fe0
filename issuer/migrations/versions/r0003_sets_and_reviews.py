"""Many completions in one transaction: fewer indexes to keep, one report once; and what waits for a person.

`completion.content` said again what `raw` says. The indexes that go served no question, or one that the partial index
of open completions answers; a business key that is looked up and nothing else needs no row apart from its index.
"""

import sqlalchemy as sa
from alembic import op

from issuer.store.columns import Id, Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the tables of completions and credentials; add the secrets of institutions, and reviews."""
    _institution_secret()
    _completion()
    _credential_and_award()
    _review()
    op.drop_index("ix_audit_institution_id_seq", "audit")


def _institution_secret() -> None:
    op.create_table(
        "institution_secret",
        sa.Column("institution_id", Id(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(secret) = 32", name="ck_institution_secret_length"),
        sa.ForeignKeyConstraint(["institution_id"], ["institution.id"], name="fk_institution_secret_institution_id"),
        sa.PrimaryKeyConstraint("institution_id", name="pk_institution_secret"),
    )


def _completion() -> None:
    op.add_column("completion", sa.Column("reported_by", sa.Text(), nullable=False, server_default=""))
    op.execute(
        "UPDATE completion SET reported_by = coalesce((SELECT actor FROM completion_history "
        "WHERE completion_id = completion.id ORDER BY id LIMIT 1), '')"
    )
    op.drop_column("completion", "content")
    for name in ("credential_id", "institution_id_definition_id_state_id", "institution_id_state_id"):
        op.drop_index(f"ix_completion_{name}", "completion")
    op.create_index(
        "ix_completion_open",
        "completion",
        ["institution_id", "state", "definition_id", "completed_at", "id"],
        unique=False,
        sqlite_where=sa.text("state <> 'issued'"),
        postgresql_where=sa.text("state <> 'issued'"),
    )


def _credential_and_award() -> None:
    """Awards point to credentials, so they step aside while SQLite builds the table of credentials anew."""
    op.execute("CREATE TABLE award_aside AS SELECT * FROM award")
    op.drop_table("award")
    op.drop_index("ix_credential_definition_version_id", "credential")
    op.drop_index("ix_credential_institution_id_id", "credential")
    # The long columns last: SQLite reads a row from its beginning.
    with op.batch_alter_table("credential", partial_reordering=[("edition", "document", "jwt")]) as batch:
        batch.add_column(sa.Column("edition", sa.Integer(), nullable=False, server_default="1"))
        batch.drop_constraint("uq_credential_completion_id", type_="unique")
        batch.create_unique_constraint("uq_credential_completion_id_edition", ["completion_id", "edition"])
    _award()
    op.execute("INSERT INTO award SELECT * FROM award_aside")
    op.drop_table("award_aside")


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
        sqlite_with_rowid=False,
    )


def _review() -> None:
    op.create_table(
        "review",
        sa.Column("id", Id(), nullable=False),
        sa.Column("institution_id", Id(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("definition_id", sa.Text(), nullable=False),
        sa.Column("occurrence", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("occurred_at", Instant(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("reported_by", sa.Text(), nullable=False),
        sa.Column("completion_id", Id(), nullable=True),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["completion_id"], ["completion.id"], name="fk_review_completion_id"),
        sa.ForeignKeyConstraint(["institution_id"], ["institution.id"], name="fk_review_institution_id"),
        sa.PrimaryKeyConstraint("id", name="pk_review"),
        sa.UniqueConstraint("institution_id", "kind", "source", "source_id", "digest", name="uq_review_report"),
    )
    op.create_index("ix_review_institution_id_state_id", "review", ["institution_id", "state", "id"], unique=False)
    op.create_index(
        "ix_review_key",
        "review",
        ["institution_id", "definition_id", "person", "kind"],
        unique=False,
    )
