"""The link that makes the first administrator."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"


def upgrade() -> None:
    op.add_column("desk", sa.Column("setup_hash", sa.String(length=64), nullable=True))
    op.add_column("desk", sa.Column("setup_until", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("desk", "setup_until")
    op.drop_column("desk", "setup_hash")
