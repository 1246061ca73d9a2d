"""A sign-in that failed is noted for an address that nobody has, too: it costs the same then."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("account_events") as batch:
        batch.alter_column("user_id", existing_type=big_id, nullable=True)


def downgrade() -> None:
    op.execute("DELETE FROM account_events WHERE user_id IS NULL")
    with op.batch_alter_table("account_events") as batch:
        batch.alter_column("user_id", existing_type=big_id, nullable=False)
