"""How often each part of a sweep runs, beside its last run."""

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"


def upgrade() -> None:
    op.add_column("heartbeats", sa.Column("every_seconds", sa.Float()))


def downgrade() -> None:
    op.drop_column("heartbeats", "every_seconds")
