"""Logins of LTI platforms that are under way: each is good for one launch in one browser."""

import sqlalchemy as sa
from alembic import op

from issuer.store.columns import Id, Instant

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "lti_login",
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("institution_id", Id(), nullable=False),
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("browser", sa.LargeBinary(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["connection_id"], ["lms_connection.id"], name="fk_lti_login_connection_id"),
        sa.ForeignKeyConstraint(["institution_id"], ["institution.id"], name="fk_lti_login_institution_id"),
        sa.PrimaryKeyConstraint("state", name="pk_lti_login"),
    )
    op.create_index("ix_lti_login_expires_at", "lti_login", ["expires_at"], unique=False)
