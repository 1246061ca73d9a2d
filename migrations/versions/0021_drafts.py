"""What people are writing and have not sent."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)
new_ticket = sa.text("ticket_id IS NULL")


def upgrade() -> None:
    op.create_table(
        "drafts",
        sa.Column("id", big_id, nullable=False),
        sa.Column("user_id", big_id, nullable=False),
        sa.Column("ticket_id", big_id, nullable=True),
        sa.Column("internal", sa.Boolean(), nullable=False),
        sa.Column("subject", sa.String(250), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=True),
        sa.Column("replaced", sa.Text(), nullable=False),
        sa.Column("replaced_internal", sa.Boolean(), nullable=False),
        sa.Column("discarded", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", moment, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_drafts"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_drafts_user_id_users", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name="fk_drafts_ticket_id_tickets", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_drafts_user_id_ticket_id", "drafts", ["user_id", "ticket_id"], unique=True)
    op.create_index(
        "ix_drafts_new",
        "drafts",
        ["user_id"],
        unique=True,
        sqlite_where=new_ticket,
        postgresql_where=new_ticket,
    )
    op.create_index("ix_drafts_updated_at", "drafts", ["updated_at"])
    op.create_index(
        "ix_drafts_discarded",
        "drafts",
        ["updated_at"],
        sqlite_where=sa.text("discarded"),
        postgresql_where=sa.text("discarded"),
    )


def downgrade() -> None:
    op.drop_table("drafts")
