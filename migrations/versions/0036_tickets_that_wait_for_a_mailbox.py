"""A ticket that is filed once the address of whoever wrote it is confirmed."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    op.add_column("pending_registrations", sa.Column("subject", sa.String(250), nullable=True))
    op.add_column("pending_registrations", sa.Column("message", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("pending_registrations", "message")
    op.drop_column("pending_registrations", "subject")
