"""Issuer profiles of the VC-API, their status lists, and what was issued with a status entry of them."""

import sqlalchemy as sa
from alembic import op

from issuer.store.columns import Id, Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables, and whose a status list is."""
    _issuer_profile()
    op.add_column("status_list", sa.Column("profile_id", Id(), nullable=True))
    _profile_credential()


def _issuer_profile() -> None:
    op.create_table(
        "issuer_profile",
        sa.Column("id", Id(), nullable=False),
        sa.Column("institution_id", Id(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("did", sa.Text(), nullable=False),
        sa.Column("cryptosuite", sa.Text(), nullable=False),
        sa.Column("key_type", sa.Text(), nullable=False),
        sa.Column("with_status", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["institution_id"], ["institution.id"], name="fk_issuer_profile_institution_id"),
        sa.PrimaryKeyConstraint("id", name="pk_issuer_profile"),
        sa.UniqueConstraint("did", name="uq_issuer_profile_did"),
        sa.UniqueConstraint("institution_id", "name", name="uq_issuer_profile_institution_id_name"),
    )


def _profile_credential() -> None:
    op.create_table(
        "profile_credential",
        sa.Column("id", Id(), nullable=False),
        sa.Column("institution_id", Id(), nullable=False),
        sa.Column("profile_id", Id(), nullable=False),
        sa.Column("credential_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("status_list_id", Id(), nullable=False),
        sa.Column("status_index", sa.Integer(), nullable=False),
        sa.Column("issued_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["institution_id"], ["institution.id"], name="fk_profile_credential_institution_id"),
        sa.ForeignKeyConstraint(["profile_id"], ["issuer_profile.id"], name="fk_profile_credential_profile_id"),
        sa.ForeignKeyConstraint(["status_list_id"], ["status_list.id"], name="fk_profile_credential_status_list_id"),
        sa.PrimaryKeyConstraint("id", name="pk_profile_credential"),
        sa.UniqueConstraint("status_list_id", "status_index", name="uq_profile_credential_status_list_id_status_index"),
    )
    op.create_index(
        "ix_profile_credential_institution_id_credential_id",
        "profile_credential",
        ["institution_id", "credential_id"],
        unique=False,
    )
