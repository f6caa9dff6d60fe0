"""Decisions about credentials have a state, since a suspension can be lifted; lists are sharded by year of expiry.

Lists of before hold credentials of all years, so they have no year, as those of credentials without an end.
"""

import sqlalchemy as sa
from alembic import op

from issuer.store.columns import Instant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the tables of lists and of decisions."""
    op.add_column("status_list", sa.Column("valid_year", sa.Integer(), nullable=True))
    op.add_column("status_list", sa.Column("last_signed_at", Instant(), nullable=True))
    op.add_column("status_change", sa.Column("state", sa.Text(), nullable=False, server_default="revoked"))
    op.execute("UPDATE status_change SET state = CASE WHEN value THEN 'revoked' ELSE 'reinstated' END")
    op.drop_column("status_change", "value")
    op.create_index("ix_status_change_list_id_id", "status_change", ["list_id", "id"], unique=False)
