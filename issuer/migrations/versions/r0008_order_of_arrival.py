"""Completions in order of arrival: without an index of its own, a page of a million is a million rows sorted."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index. Keys are made in rising order, so that it grows at its end."""
    op.create_index("ix_completion_institution_id_id", "completion", ["institution_id", "id"], unique=False)
