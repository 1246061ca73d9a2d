"""What staff are told of on pages, and what of it they do not want."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)
unread = sa.text("read_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "notifications",
        sa.Column("id", big_id, nullable=False),
        sa.Column("user_id", big_id, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("ticket_id", big_id, nullable=False),
        sa.Column("event_id", big_id, nullable=False),
        sa.Column("read_at", moment, nullable=True),
        sa.Column("created_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notifications"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_notifications_user_id_users", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["tickets.id"],
            name="fk_notifications_ticket_id_tickets",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["ticket_events.id"],
            name="fk_notifications_event_id_ticket_events",
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint(
            "event_id", "user_id", "kind", name="uq_notifications_event_id_user_id_kind"
        ),
    )
    op.create_index("ix_notifications_user_id_id", "notifications", ["user_id", "id"])
    op.create_index(
        "ix_notifications_unread",
        "notifications",
        ["user_id", "ticket_id"],
        sqlite_where=unread,
        postgresql_where=unread,
    )
    op.create_index("ix_notifications_ticket_id", "notifications", ["ticket_id"])
    op.create_index("ix_notifications_created_at", "notifications", ["created_at"])
    op.add_column(
        "users", sa.Column("muted_on_pages", sa.JSON(), server_default="[]", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("users", "muted_on_pages")
    op.drop_table("notifications")
