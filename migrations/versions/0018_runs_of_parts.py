"""What became of the last run of each part of a sweep, and when it is due again."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    # Nullable: workers of before go on to write rows without them.
    op.add_column("heartbeats", sa.Column("due_at", moment, nullable=True))
    op.add_column("heartbeats", sa.Column("began_at", moment, nullable=True))
    op.add_column("heartbeats", sa.Column("ended_at", moment, nullable=True))
    op.add_column("heartbeats", sa.Column("seconds", sa.Float(), nullable=True))
    op.add_column("heartbeats", sa.Column("error", sa.String(80), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("heartbeats") as batch:
        for name in ("error", "seconds", "ended_at", "began_at", "due_at"):
            batch.drop_column(name)
