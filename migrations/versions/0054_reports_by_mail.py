"""Statistics by mail."""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)
TABLE = "report_subscriptions"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", big_id, nullable=False),
        sa.Column("user_id", big_id, nullable=False),
        sa.Column("every", sa.String(8), nullable=False),
        sa.Column("query", sa.String(1000), nullable=False),
        sa.Column("due_at", moment, nullable=True),
        sa.Column("created_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{TABLE}"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=f"fk_{TABLE}_user_id_users"),
        sa.UniqueConstraint("user_id", "every", "query", name=f"uq_{TABLE}_user_id_every_query"),
    )
    op.create_index(f"ix_{TABLE}_due_at", TABLE, ["due_at"])


def downgrade() -> None:
    op.drop_table(TABLE)
