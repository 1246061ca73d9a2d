"""Alarms and trials of mail that comes in."""

import sqlalchemy as sa
from alembic import op

revision = "0069"
down_revision = "0068"

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)
TABLE = "mail_alarms"
TRIALS = "mail_trials"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("trouble", sa.String(32), nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("since", moment, nullable=False),
        sa.Column("seen_at", moment, nullable=False),
        sa.Column("told_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("trouble", name=f"pk_{TABLE}"),
    )
    op.create_table(
        TRIALS,
        sa.Column("mailbox_id", big_id, nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("left_at", moment, nullable=True),
        sa.Column("error", sa.String(300), nullable=True),
        sa.Column("arrived_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("mailbox_id", name=f"pk_{TRIALS}"),
        sa.ForeignKeyConstraint(
            ["mailbox_id"],
            ["mailboxes.id"],
            name=f"fk_{TRIALS}_mailbox_id",
            ondelete="CASCADE",
        ),
    )


def downgrade() -> None:
    op.drop_table(TRIALS)
    op.drop_table(TABLE)
