"""Which account another one of the same person was merged into."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"

merged = sa.text("merged_into_id IS NOT NULL")


def upgrade() -> None:
    op.add_column("users", sa.Column("merged_into_id", sa.BigInteger()))
    op.create_index(
        "ix_users_merged_into",
        "users",
        ["merged_into_id"],
        sqlite_where=merged,
        postgresql_where=merged,
    )


def downgrade() -> None:
    op.drop_index("ix_users_merged_into", "users")
    op.drop_column("users", "merged_into_id")
