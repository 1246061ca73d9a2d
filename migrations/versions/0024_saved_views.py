"""Filters of the queue under a name."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
shared = sa.text("shared")


def upgrade() -> None:
    op.create_table(
        "saved_views",
        sa.Column("id", big_id, nullable=False),
        sa.Column("owner_id", big_id, nullable=True),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("key", sa.SmallInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_saved_views"),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_saved_views_owner_id_users"),
    )
    op.create_index("ix_saved_views_owner_id_position", "saved_views", ["owner_id", "position"])
    op.create_index(
        "ix_saved_views_shared",
        "saved_views",
        ["position"],
        sqlite_where=shared,
        postgresql_where=shared,
    )


def downgrade() -> None:
    op.drop_table("saved_views")
