"""Signing keys on record, former editions of credentials that were issued again, checkpoints of the audit log."""

import sqlalchemy as sa
from alembic import op

from issuer.store.columns import Id, Instant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    _signing_key()
    _credential_edition()
    _audit_checkpoint()


def _signing_key() -> None:
    op.create_table(
        "signing_key",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("institution_id", Id(), nullable=False),
        sa.Column("public", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["institution_id"], ["institution.id"], name="fk_signing_key_institution_id"),
        sa.PrimaryKeyConstraint("name", name="pk_signing_key"),
    )


def _credential_edition() -> None:
    op.create_table(
        "credential_edition",
        sa.Column("credential_id", Id(), nullable=False),
        sa.Column("edition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("status_list_id", Id(), nullable=False),
        sa.Column("status_index", sa.Integer(), nullable=False),
        sa.Column("issued_at", Instant(), nullable=False),
        sa.Column("replaced_at", Instant(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("jwt", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["credential_id"], ["credential.id"], name="fk_credential_edition_credential_id"),
        sa.ForeignKeyConstraint(["status_list_id"], ["status_list.id"], name="fk_credential_edition_status_list_id"),
        sa.PrimaryKeyConstraint("credential_id", "edition", name="pk_credential_edition"),
        sa.UniqueConstraint("status_list_id", "status_index", name="uq_credential_edition_status_list_id_status_index"),
    )


def _audit_checkpoint() -> None:
    op.create_table(
        "audit_checkpoint",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("institution_id", Id(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["institution_id"], ["institution.id"], name="fk_audit_checkpoint_institution_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_checkpoint"),
    )
