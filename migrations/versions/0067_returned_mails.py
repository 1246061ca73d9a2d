"""Mails that came back, and since when an address gets none."""

import sqlalchemy as sa
from alembic import op

revision = "0067"
down_revision = "0066"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "returned_mails",
        sa.Column("id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("said", sa.String(length=300), nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_returned_mails_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_returned_mails")),
        sa.UniqueConstraint(
            "user_id", "message_id", name=op.f("uq_returned_mails_user_id_message_id")
        ),
    )
    op.create_index(op.f("ix_returned_mails_created_at"), "returned_mails", ["created_at"])
    op.add_column("users", sa.Column("mail_stopped_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("users", "mail_stopped_at")
    op.drop_table("returned_mails")
