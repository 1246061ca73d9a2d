"""Where staff go on after an answer."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    choice = sa.Column("after_sending", sa.String(8), nullable=False, server_default="next")
    op.add_column("users", choice)


def downgrade() -> None:
    op.drop_column("users", "after_sending")
