"""By which way a ticket came. What was imported is known by its key; all else came by a page."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

unsolved = sa.text("status NOT IN ('solved', 'closed')")


def upgrade() -> None:
    op.add_column(
        "tickets", sa.Column("channel", sa.String(16), nullable=False, server_default="page")
    )
    op.execute("UPDATE tickets SET channel = 'import' WHERE import_key IS NOT NULL")
    # After the rows are written, so that they are sorted into them once.
    op.create_index("ix_tickets_channel_updated", "tickets", ["channel", "updated_at", "id"])
    op.create_index("ix_tickets_channel_id", "tickets", ["channel", "id"])
    op.create_index(
        "ix_tickets_unsolved_channel",
        "tickets",
        ["channel", "updated_at", "id"],
        sqlite_where=unsolved,
        postgresql_where=unsolved,
    )


def downgrade() -> None:
    op.drop_index("ix_tickets_unsolved_channel", "tickets")
    op.drop_index("ix_tickets_channel_id", "tickets")
    op.drop_index("ix_tickets_channel_updated", "tickets")
    op.drop_column("tickets", "channel")
