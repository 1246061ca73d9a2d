"""What requesters say of how their tickets were handled."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

moment = sa.DateTime(timezone=True)
rated = sa.text("rating IS NOT NULL AND deleted_at IS NULL")


def upgrade() -> None:
    op.add_column("tickets", sa.Column("rating", sa.String(length=8), nullable=True))
    op.add_column("tickets", sa.Column("rating_comment", sa.String(length=1000), nullable=True))
    op.add_column("tickets", sa.Column("rated_at", moment, nullable=True))
    op.create_index(
        "ix_tickets_rated",
        "tickets",
        ["rating", "rated_at", "id"],
        sqlite_where=rated,
        postgresql_where=rated,
    )


def downgrade() -> None:
    op.drop_index("ix_tickets_rated", "tickets")
    op.drop_column("tickets", "rated_at")
    op.drop_column("tickets", "rating_comment")
    op.drop_column("tickets", "rating")
