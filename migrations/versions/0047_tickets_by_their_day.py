"""An index of the days on which tickets were filed, for searches that name some."""

from alembic import op

revision = "0047"
down_revision = "0046"


def upgrade() -> None:
    op.create_index("ix_tickets_created", "tickets", ["created_at"])


def downgrade() -> None:
    op.drop_index("ix_tickets_created", "tickets")
