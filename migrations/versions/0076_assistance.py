"""What was learned of solved tickets, and what the desk did by itself with that."""

import sqlalchemy as sa
from alembic import op

revision = "0076"
down_revision = "0075"

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _learned()
    op.create_table(
        "unlearned_tickets",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("ticket_id", _BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unlearned_tickets")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "unassisted_tickets",
        sa.Column("ticket_id", _BIG, autoincrement=False, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["tickets.id"],
            name=op.f("fk_unassisted_tickets_ticket_id_tickets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_unassisted_tickets")),
    )
    op.create_table(
        "assistance_acts",
        sa.Column("ticket_id", _BIG, autoincrement=False, nullable=False),
        sa.Column("target", sa.String(16), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("assignee_id", _BIG, nullable=True),
        sa.Column("percent", sa.SmallInteger(), nullable=False),
        sa.Column("undone_at", _MOMENT, nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["tickets.id"],
            name=op.f("fk_assistance_acts_ticket_id_tickets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("ticket_id", "target", name=op.f("pk_assistance_acts")),
    )


def _learned() -> None:
    op.create_table(
        "learning_progress",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("features_version", sa.SmallInteger(), nullable=False),
        sa.Column("learned_to", _BIG, nullable=False),
        sa.Column("goal", _BIG, nullable=False),
        sa.Column("tickets", sa.Integer(), nullable=False),
        sa.Column("changes", _BIG, nullable=False),
        sa.Column("measured_changes", _BIG, nullable=False),
        sa.Column("measured", sa.JSON(), nullable=False),
        sa.Column("measured_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learning_progress")),
    )
    op.create_table(
        "learned_tickets",
        sa.Column("ticket_id", _BIG, autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("features", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_learned_tickets")),
    )
    op.create_table(
        "learned_labels",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("target", sa.String(16), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("tickets", "features", "acts", "undone")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learned_labels")),
        sa.UniqueConstraint("target", "name", name=op.f("uq_learned_labels_target_name")),
    )
    op.create_table(
        "learned_features",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tickets", sa.Integer(), nullable=False),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_learned_features")),
    )


def downgrade() -> None:
    for name in (
        "assistance_acts",
        "unassisted_tickets",
        "unlearned_tickets",
        "learned_features",
        "learned_labels",
        "learned_tickets",
        "learning_progress",
    ):
        op.drop_table(name)
