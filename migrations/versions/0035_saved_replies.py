"""Saved replies, and macros."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
shared = sa.text("shared")


def upgrade() -> None:
    op.create_table(
        "saved_replies",
        sa.Column("id", big_id, nullable=False),
        sa.Column("owner_id", big_id, nullable=True),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("internal", sa.Boolean(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_saved_replies"),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_saved_replies_owner_id_users"),
    )
    op.create_index("ix_saved_replies_owner_id_name", "saved_replies", ["owner_id", "name"])
    op.create_index(
        "ix_saved_replies_shared",
        "saved_replies",
        ["name"],
        sqlite_where=shared,
        postgresql_where=shared,
    )


def downgrade() -> None:
    op.drop_table("saved_replies")
