"""Version and time of a ticket as customers are told them, once notes have moved the staff's."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

told = sa.text("coalesce(public_updated_at, updated_at)")


def upgrade() -> None:
    # NULL stands for the staff's own, so no row has to be written here, nor by older code.
    op.add_column("tickets", sa.Column("public_version", sa.Integer(), nullable=True))
    op.add_column(
        "tickets", sa.Column("public_updated_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("comments", sa.Column("public_version", sa.Integer(), nullable=True))
    op.create_index("ix_tickets_requester_public", "tickets", ["requester_id", told, "id"])
    op.create_index("ix_tickets_organization_public", "tickets", ["organization_id", told, "id"])


def downgrade() -> None:
    op.drop_index("ix_tickets_organization_public", "tickets")
    op.drop_index("ix_tickets_requester_public", "tickets")
    op.drop_column("comments", "public_version")
    op.drop_column("tickets", "public_updated_at")
    op.drop_column("tickets", "public_version")
