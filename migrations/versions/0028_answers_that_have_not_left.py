"""Answers that have not left: scheduled comments, and the files of what is not sent."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)


def _owned(table: str, column: str, by: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{by}.id"], name=f"fk_{table}_{column}_{by}", ondelete="CASCADE"
    )


def upgrade() -> None:
    op.create_table(
        "scheduled_comments",
        sa.Column("id", big_id, nullable=False),
        sa.Column("ticket_id", big_id, nullable=False),
        sa.Column("user_id", big_id, nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("status", sa.String(16), nullable=True),
        sa.Column("later", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(32), nullable=True),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("request_id", sa.String(64), nullable=True),
        sa.Column("created_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_scheduled_comments"),
        _owned("scheduled_comments", "ticket_id", "tickets"),
        _owned("scheduled_comments", "user_id", "users"),
        sqlite_autoincrement=True,
    )
    for columns in (["ticket_id", "due_at"], ["state", "due_at"], ["user_id"]):
        op.create_index(f"ix_scheduled_comments_{'_'.join(columns)}", "scheduled_comments", columns)
    op.create_table(
        "unsent_attachments",
        sa.Column("id", big_id, nullable=False),
        sa.Column("ticket_id", big_id, nullable=False),
        sa.Column("user_id", big_id, nullable=False),
        sa.Column("scheduled_comment_id", big_id, nullable=True),
        sa.Column("filename", sa.String(255), nullable=False),
        sa.Column("content_type", sa.String(100), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("storage_key", sa.String(64), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_unsent_attachments"),
        sa.UniqueConstraint("storage_key", name="uq_unsent_attachments_storage_key"),
        _owned("unsent_attachments", "ticket_id", "tickets"),
        _owned("unsent_attachments", "user_id", "users"),
        _owned("unsent_attachments", "scheduled_comment_id", "scheduled_comments"),
    )
    indexes = (["ticket_id", "user_id"], ["scheduled_comment_id"], ["user_id"], ["created_at"])
    for columns in indexes:
        op.create_index(f"ix_unsent_attachments_{'_'.join(columns)}", "unsent_attachments", columns)


def downgrade() -> None:
    op.drop_table("unsent_attachments")
    op.drop_table("scheduled_comments")
