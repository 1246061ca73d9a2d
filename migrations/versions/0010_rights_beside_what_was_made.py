"""Beside what was made for people: whose rights it was made with, so that it ends with them."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

MADE = ("bulk_changes", "idempotency_keys", "privacy_requests")


def upgrade() -> None:
    op.add_column(
        "users", sa.Column("rights_epoch", sa.Integer(), nullable=False, server_default="0")
    )
    # What was made before says nothing: it is given to nobody any more, and can be made anew.
    for table in MADE:
        op.add_column(table, sa.Column("organization_id", sa.BigInteger(), nullable=True))
        op.add_column(table, sa.Column("rights_epoch", sa.Integer(), nullable=True))
    op.add_column("idempotency_keys", sa.Column("user_id", sa.BigInteger(), nullable=True))
    op.add_column("idempotency_keys", sa.Column("ticket_id", sa.BigInteger(), nullable=True))
    op.add_column("privacy_requests", sa.Column("ticket_ids", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("privacy_requests", "ticket_ids")
    op.drop_column("idempotency_keys", "ticket_id")
    op.drop_column("idempotency_keys", "user_id")
    for table in MADE:
        op.drop_column(table, "rights_epoch")
        op.drop_column(table, "organization_id")
    op.drop_column("users", "rights_epoch")
