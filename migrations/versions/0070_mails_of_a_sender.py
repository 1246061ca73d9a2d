"""The mails of a sender in one state, for their list."""

from alembic import op

revision = "0070"
down_revision = "0069"

_NAME = "ix_inbound_messages_sender_state_id"


def upgrade() -> None:
    op.create_index(_NAME, "inbound_messages", ["sender", "state", "id"])


def downgrade() -> None:
    op.drop_index(_NAME, "inbound_messages")
