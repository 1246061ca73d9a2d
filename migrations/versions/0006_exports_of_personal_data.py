"""Exports of personal data are written under a lease, and not tried for ever."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("privacy_requests", sa.Column("lease", sa.String(length=32), nullable=True))
    op.add_column(
        "privacy_requests",
        sa.Column("attempts", sa.SmallInteger(), nullable=False, server_default="0"),
    )


def downgrade() -> None:
    op.drop_column("privacy_requests", "attempts")
    op.drop_column("privacy_requests", "lease")
