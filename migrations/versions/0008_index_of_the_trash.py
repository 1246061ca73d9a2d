"""The trash is a page: what was deleted last stands first."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    # Of what is in the trash alone, so it costs other tickets and their changes nothing.
    trashed = sa.text("deleted_at IS NOT NULL")
    op.create_index(
        "ix_tickets_trash",
        "tickets",
        ["deleted_at", "id"],
        sqlite_where=trashed,
        postgresql_where=trashed,
    )


def downgrade() -> None:
    op.drop_index("ix_tickets_trash", "tickets")
