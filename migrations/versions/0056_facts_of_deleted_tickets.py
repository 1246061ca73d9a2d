"""Facts of tickets that were deleted for good stay counted."""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"

TABLE = "ticket_facts"


def upgrade() -> None:
    op.add_column(
        TABLE, sa.Column("is_gone", sa.Boolean(), nullable=False, server_default=sa.false())
    )


def downgrade() -> None:
    op.drop_column(TABLE, "is_gone")
