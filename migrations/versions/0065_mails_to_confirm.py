"""What a mail that waits says, and telling those of the staff whom it names as its sender."""

import sqlalchemy as sa
from alembic import op

revision = "0065"
down_revision = "0064"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TABLE = "notifications"
_UNREAD = "ix_notifications_unread"
# The tables that it refers to have indexes which cannot be read back.
_ALONE = {"resolve_fks": False}
_MESSAGE = "fk_notifications_inbound_message_id_inbound_messages"


def upgrade() -> None:
    op.add_column(
        "inbound_messages", sa.Column("preview", sa.Text(), server_default="", nullable=False)
    )
    # A table that is copied loses it: its condition is not read back.
    op.drop_index(_UNREAD, _TABLE)
    with op.batch_alter_table(_TABLE, reflect_kwargs=_ALONE) as batch:
        batch.alter_column("ticket_id", existing_type=_ID, nullable=True)
        batch.alter_column("event_id", existing_type=_ID, nullable=True)
        batch.add_column(sa.Column("inbound_message_id", _ID))
        batch.create_foreign_key(
            _MESSAGE, "inbound_messages", ["inbound_message_id"], ["id"], ondelete="CASCADE"
        )
    op.create_index("ix_notifications_inbound_message_id", _TABLE, ["inbound_message_id"])
    _index_unread()


def downgrade() -> None:
    op.execute("DELETE FROM notifications WHERE ticket_id IS NULL")
    op.drop_index("ix_notifications_inbound_message_id", _TABLE)
    op.drop_index(_UNREAD, _TABLE)
    with op.batch_alter_table(_TABLE, reflect_kwargs=_ALONE) as batch:
        batch.drop_constraint(_MESSAGE, type_="foreignkey")
        batch.drop_column("inbound_message_id")
        batch.alter_column("event_id", existing_type=_ID, nullable=False)
        batch.alter_column("ticket_id", existing_type=_ID, nullable=False)
    _index_unread()
    op.drop_column("inbound_messages", "preview")


def _index_unread() -> None:
    unread = sa.text("read_at IS NULL")
    op.create_index(
        _UNREAD,
        _TABLE,
        ["user_id", "ticket_id"],
        sqlite_where=unread,
        postgresql_where=unread,
    )
