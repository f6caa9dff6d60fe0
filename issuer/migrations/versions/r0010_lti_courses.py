"""Where LTI platforms serve the columns and the people of a course.

What a launch says about the services of its course is kept, so that scores can be written and results be read at any
time.
"""

import sqlalchemy as sa
from alembic import op

from issuer.store.columns import Id, Instant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "lti_course",
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("course", sa.Text(), nullable=False),
        sa.Column("institution_id", Id(), nullable=False),
        sa.Column("line_items", sa.Text(), nullable=False),
        sa.Column("memberships", sa.Text(), nullable=False),
        sa.Column("told_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["connection_id"], ["lms_connection.id"], name="fk_lti_course_connection_id"),
        sa.ForeignKeyConstraint(["institution_id"], ["institution.id"], name="fk_lti_course_institution_id"),
        sa.PrimaryKeyConstraint("connection_id", "course", name="pk_lti_course"),
    )
