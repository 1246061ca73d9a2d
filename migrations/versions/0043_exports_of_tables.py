"""Exports of the desk's tables: tickets, messages, people, organizations, ratings, actions."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "table_exports",
        sa.Column("id", big_id, nullable=False),
        sa.Column("user_id", big_id, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("format", sa.String(8), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("since", moment, nullable=True),
        sa.Column("until", moment, nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("progress", sa.SmallInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("storage_key", sa.String(64), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", moment, nullable=True),
        sa.Column("expires_at", moment, nullable=True),
        sa.Column("error", sa.String(300), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("lease", sa.String(32), nullable=True),
        sa.Column("created_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_table_exports"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_table_exports_user_id_users"),
    )
    op.create_index("ix_table_exports_user_id_kind_id", "table_exports", ["user_id", "kind", "id"])
    op.create_index("ix_table_exports_state_due_at", "table_exports", ["state", "due_at"])


def downgrade() -> None:
    op.drop_table("table_exports")
