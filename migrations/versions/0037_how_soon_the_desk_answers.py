"""How long customers usually wait for a first answer, as the sweep finds it."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    op.add_column("desk", sa.Column("first_answer_seconds", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("desk", "first_answer_seconds")
