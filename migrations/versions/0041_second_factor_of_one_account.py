"""Of whom an admin asks a second factor, whatever their role needs."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    column = sa.Column(
        "second_factor_required", sa.Boolean(), nullable=False, server_default=sa.false()
    )
    op.add_column("users", column)


def downgrade() -> None:
    op.drop_column("users", "second_factor_required")
