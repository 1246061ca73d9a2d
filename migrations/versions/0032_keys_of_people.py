"""Which keys somebody has chosen."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    op.add_column(
        "users", sa.Column("shortcuts", sa.String(300), nullable=False, server_default="")
    )


def downgrade() -> None:
    op.drop_column("users", "shortcuts")
