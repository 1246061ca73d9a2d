"""Senders whose mail waits: an address, or a domain."""

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0063"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "blocked_senders",
        sa.Column("id", _ID, nullable=False),
        sa.Column("pattern", sa.String(254), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("added_by_id", _ID, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["added_by_id"], ["users.id"], name=op.f("fk_blocked_senders_added_by_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blocked_senders")),
        sa.UniqueConstraint("pattern", name=op.f("uq_blocked_senders_pattern")),
    )


def downgrade() -> None:
    op.drop_table("blocked_senders")
