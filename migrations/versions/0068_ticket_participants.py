"""Customers who read and answer tickets of others."""

import sqlalchemy as sa
from alembic import op

revision = "0068"
down_revision = "0067"


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "ticket_participants",
        sa.Column("user_id", number, nullable=False),
        sa.Column("ticket_id", number, nullable=False),
        sa.Column("added_by_id", number, nullable=False),
        sa.Column("way", sa.String(8), nullable=False),
        sa.Column("first_comment_id", number, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_ticket_participants_user_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["tickets.id"],
            name=op.f("fk_ticket_participants_ticket_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["added_by_id"], ["users.id"], name=op.f("fk_ticket_participants_added_by_id")
        ),
        sa.PrimaryKeyConstraint("user_id", "ticket_id", name=op.f("pk_ticket_participants")),
    )
    op.create_index(op.f("ix_ticket_participants_ticket_id"), "ticket_participants", ["ticket_id"])


def downgrade() -> None:
    op.drop_table("ticket_participants")
