"""Heartbeats are named after a sweep and one of its parts, too: longer than they were."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    with op.batch_alter_table("heartbeats") as batch:
        batch.alter_column("name", existing_type=sa.String(16), type_=sa.String(60))


def downgrade() -> None:
    op.execute("DELETE FROM heartbeats WHERE length(name) > 16")
    with op.batch_alter_table("heartbeats") as batch:
        batch.alter_column("name", existing_type=sa.String(60), type_=sa.String(16))
