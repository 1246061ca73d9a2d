"""How somebody's tickets were rated is counted by an index: few tickets are rated."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"

rated = sa.text("rating IS NOT NULL AND deleted_at IS NULL")
OWNERS = ("requester", "organization")


def upgrade() -> None:
    for owner in OWNERS:
        op.create_index(
            f"ix_tickets_rated_{owner}",
            "tickets",
            [f"{owner}_id", "rating"],
            sqlite_where=rated,
            postgresql_where=rated,
        )


def downgrade() -> None:
    for owner in OWNERS:
        op.drop_index(f"ix_tickets_rated_{owner}", "tickets")
