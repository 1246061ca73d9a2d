"""Plans of organizations as rows of limits, and whether an organization is active."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"

# Name, members, open tickets. Everybody had no limits, and keeps having none.
ROWS = (
    ("free", 3, 20),
    ("starter", 10, 100),
    ("pro", 50, 1000),
    ("enterprise", None, None),
)


def upgrade() -> None:
    plans = op.create_table(
        "plans",
        sa.Column("name", sa.String(16), primary_key=True),
        sa.Column("members", sa.Integer()),
        sa.Column("open_tickets", sa.Integer()),
    )
    names = ("name", "members", "open_tickets")
    op.bulk_insert(plans, [dict(zip(names, row, strict=True)) for row in ROWS])
    op.add_column(
        "organizations",
        sa.Column("is_active", sa.Boolean(), nullable=False, server_default=sa.true()),
    )
    plan = sa.Column("plan", sa.String(16), nullable=False, server_default="enterprise")
    op.add_column("organizations", plan)


def downgrade() -> None:
    op.drop_column("organizations", "plan")
    op.drop_column("organizations", "is_active")
    op.drop_table("plans")
