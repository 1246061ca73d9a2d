"""Calls of a language model, what they cost a day, whose tickets it may read, and its drafts."""

import sqlalchemy as sa
from alembic import op

revision = "0075"
down_revision = "0074"

_MOMENT = sa.DateTime(timezone=True)
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "model_calls",
        sa.Column("id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("ticket_id", _ID, nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("task", sa.String(16), nullable=False),
        sa.Column("model", sa.String(100), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("tokens", sa.Integer(), nullable=False),
        sa.Column("estimated", sa.Boolean(), nullable=False),
        sa.Column("redacted", sa.Integer(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_model_calls_user_id"),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name="fk_model_calls_ticket_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_model_calls"),
    )
    op.create_index("ix_model_calls_user_id_id", "model_calls", ["user_id", "id"])
    op.create_index("ix_model_calls_ticket_id", "model_calls", ["ticket_id"])
    op.create_index("ix_model_calls_created_at", "model_calls", ["created_at"])
    op.create_table(
        "model_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_model_days"),
    )
    op.create_table(
        "model_permissions",
        sa.Column("organization_id", _ID, nullable=False),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name="fk_model_permissions_organization_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", name="pk_model_permissions"),
    )
    op.create_index("ix_model_permissions_changed_at", "model_permissions", ["changed_at"])
    op.add_column("drafts", sa.Column("model_digest", sa.String(64), nullable=True))


def downgrade() -> None:
    op.drop_column("drafts", "model_digest")
    op.drop_table("model_permissions")
    op.drop_table("model_days")
    op.drop_table("model_calls")
