"""Types of tickets that administrators keep; a desk gets its rows with its first change."""

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0061"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "ticket_types",
        sa.Column("id", _ID, nullable=False),
        sa.Column("key", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=60), server_default="", nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_types")),
        sa.UniqueConstraint("key", name=op.f("uq_ticket_types_key")),
    )


def downgrade() -> None:
    op.drop_table("ticket_types")
