"""Tickets know since when their customer waits, and their last message; counts how many wait.

The sweep fills older tickets, a few at a time: in one transaction with this, nobody could change a
ticket until all were done.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_COLUMNS = (
    ("waiting_since", sa.DateTime(timezone=True)),
    ("last_message_id", _ID),
    ("last_message_by_id", _ID),
    ("last_message_excerpt", sa.String(120)),
)
_TO_ANSWER = (
    "waiting_since IS NOT NULL AND status NOT IN ('pending', 'on_hold', 'solved', 'closed')"
)
_INDEXES = {
    "ix_tickets_to_answer": (["waiting_since", "id"], _TO_ANSWER),
    "ix_tickets_to_answer_updated": (["updated_at", "id"], _TO_ANSWER),
    "ix_tickets_to_answer_priority": (["priority", "updated_at", "id"], _TO_ANSWER),
    "ix_tickets_to_answer_assignee": (["assignee_id", "waiting_since", "id"], _TO_ANSWER),
    "ix_tickets_without_last_message": (["id"], "last_message_id IS NULL"),
}


def upgrade() -> None:
    for name, kind in _COLUMNS:
        op.add_column("tickets", sa.Column(name, kind, nullable=True))
    for name, (columns, condition) in _INDEXES.items():
        where = sa.text(condition)
        op.create_index(name, "tickets", columns, sqlite_where=where, postgresql_where=where)
    op.add_column(
        "ticket_counts", sa.Column("waiting", sa.Integer(), server_default="0", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("ticket_counts", "waiting")
    for name in _INDEXES:
        op.drop_index(name, "tickets")
    for name, _kind in reversed(_COLUMNS):
        op.drop_column("tickets", name)
