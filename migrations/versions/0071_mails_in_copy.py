"""Addresses in copy of a mail that staff may let take part in its ticket."""

import sqlalchemy as sa
from alembic import op

revision = "0071"
down_revision = "0070"


def upgrade() -> None:
    op.add_column(
        "mailed_comments", sa.Column("in_copy", sa.Text(), server_default="", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("mailed_comments", "in_copy")
