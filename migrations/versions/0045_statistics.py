"""Statistics: what of tickets is counted, and its sums by day."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KNOWN = ("answered_on", "solved_on", "reopened_on", "rated_on")


def upgrade() -> None:
    op.create_table(
        "uncounted_tickets",
        sa.Column("id", big_id, nullable=False),
        sa.Column("ticket_id", big_id, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_uncounted_tickets"),
        sqlite_autoincrement=True,
    )
    _counting_progress()
    _ticket_facts()
    op.create_table(
        "statistics_cells",
        sa.Column("assignee_id", big_id, autoincrement=False, nullable=False),
        sa.Column("measure", sa.String(12), nullable=False),
        sa.Column("dimension", sa.String(12), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("value", sa.String(100), nullable=False),
        sa.Column("tickets", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            *("assignee_id", "measure", "dimension", "day", "value"),
            name="pk_statistics_cells",
        ),
        sqlite_with_rowid=False,
    )


def _counting_progress() -> None:
    op.create_table(
        "counting_progress",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("counted_to", big_id, nullable=False),
        sa.Column("goal", big_id, nullable=False),
        sa.Column("stamp", big_id, nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_counting_progress"),
    )


def _ticket_facts() -> None:
    op.create_table(
        "ticket_facts",
        sa.Column("ticket_id", big_id, autoincrement=False, nullable=False),
        sa.Column("filed_on", sa.Date(), nullable=False),
        sa.Column("weekday", sa.SmallInteger(), nullable=False),
        sa.Column("hour", sa.SmallInteger(), nullable=False),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("answer_seconds", big_id, nullable=True),
        sa.Column("solved_on", sa.Date(), nullable=True),
        sa.Column("solution_seconds", big_id, nullable=True),
        sa.Column("reopened_on", sa.Date(), nullable=True),
        sa.Column("rated_on", sa.Date(), nullable=True),
        sa.Column("rating", sa.String(8), nullable=True),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("type", sa.String(16), nullable=True),
        sa.Column("department", sa.String(100), nullable=True),
        sa.Column("language", sa.String(8), nullable=True),
        sa.Column("organization_id", big_id, nullable=False),
        sa.Column("assignee_id", big_id, nullable=True),
        sa.Column("tags", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", name="pk_ticket_facts"),
    )
    op.create_index("ix_ticket_facts_filed_on", "ticket_facts", ["filed_on", "ticket_id"])
    unsolved = sa.text("solved_on IS NULL")
    op.create_index(
        "ix_ticket_facts_unsolved",
        "ticket_facts",
        ["filed_on", "ticket_id"],
        sqlite_where=unsolved,
        postgresql_where=unsolved,
    )
    for column in KNOWN:
        known = sa.text(f"{column} IS NOT NULL")
        op.create_index(
            f"ix_ticket_facts_{column}",
            "ticket_facts",
            [column, "ticket_id"],
            sqlite_where=known,
            postgresql_where=known,
        )


def downgrade() -> None:
    for table in ("statistics_cells", "ticket_facts", "counting_progress", "uncounted_tickets"):
        op.drop_table(table)
