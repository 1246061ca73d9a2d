"""Up to which comment each member of staff has read each ticket."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "ticket_reads",
        sa.Column("user_id", big_id, nullable=False),
        sa.Column("ticket_id", big_id, nullable=False),
        sa.Column("last_comment_id", big_id, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "ticket_id", name="pk_ticket_reads"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_ticket_reads_user_id_users", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["tickets.id"],
            name="fk_ticket_reads_ticket_id_tickets",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_ticket_reads_ticket_id", "ticket_reads", ["ticket_id"])


def downgrade() -> None:
    op.drop_table("ticket_reads")
