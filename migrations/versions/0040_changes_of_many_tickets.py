"""Changes of many tickets: a row for each ticket, and how far a job has come."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)
is_open = sa.text("state IN ('running', 'undoing')")

NUMBERS = ("total", "changed", "same", "left", "undone", "kept")


def columns() -> list[sa.Column]:
    return [
        sa.Column("value", sa.JSON(), nullable=True),
        sa.Column("query", sa.Text(), server_default="", nullable=False),
        # Of rows that an older version writes.
        sa.Column("state", sa.String(16), server_default="done", nullable=False),
        *(sa.Column(name, sa.Integer(), server_default="0", nullable=False) for name in NUMBERS),
        sa.Column("due_at", moment, nullable=True),
        sa.Column("ended_at", moment, nullable=True),
    ]


def upgrade() -> None:
    for column in columns():
        op.add_column("bulk_changes", column)
    op.create_index(
        "ix_bulk_changes_open",
        "bulk_changes",
        ["due_at"],
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.create_table(
        "bulk_change_tickets",
        sa.Column("bulk_change_id", big_id, nullable=False),
        sa.Column("ticket_id", big_id, nullable=False),
        sa.Column("seen_version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(16), nullable=True),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("answer_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("bulk_change_id", "ticket_id", name="pk_bulk_change_tickets"),
        sa.ForeignKeyConstraint(
            ["bulk_change_id"],
            ["bulk_changes.id"],
            name="fk_bulk_change_tickets_bulk_change_id_bulk_changes",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["tickets.id"],
            name="fk_bulk_change_tickets_ticket_id_tickets",
            ondelete="CASCADE",
        ),
    )
    op.create_index(
        "ix_bulk_change_tickets_bulk_change_id_state_ticket_id",
        "bulk_change_tickets",
        ["bulk_change_id", "state", "ticket_id"],
    )
    op.create_index("ix_bulk_change_tickets_ticket_id", "bulk_change_tickets", ["ticket_id"])


def downgrade() -> None:
    op.drop_table("bulk_change_tickets")
    op.drop_index("ix_bulk_changes_open", table_name="bulk_changes")
    for column in columns():
        op.drop_column("bulk_changes", column.name)
