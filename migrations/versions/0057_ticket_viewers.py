"""Who sees a ticket whatever its department is."""

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"


def upgrade() -> None:
    op.create_table(
        "ticket_viewers",
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_ticket_viewers_user_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["tickets.id"],
            name=op.f("fk_ticket_viewers_ticket_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "ticket_id", name=op.f("pk_ticket_viewers")),
    )
    op.create_index(op.f("ix_ticket_viewers_ticket_id"), "ticket_viewers", ["ticket_id"])
    # Whom a note has named so far; what is older than a quarter is not known.
    op.execute(
        "INSERT INTO ticket_viewers (user_id, ticket_id) SELECT DISTINCT user_id, ticket_id"
        " FROM notifications WHERE kind = 'mentioned'"
    )


def downgrade() -> None:
    op.drop_table("ticket_viewers")
