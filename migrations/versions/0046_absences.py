"""Until when a member of staff is away."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"


def upgrade() -> None:
    op.add_column("users", sa.Column("away_until", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("users", "away_until")
