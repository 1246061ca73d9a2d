"""What the tries so far have told of the mail server: a circuit breaker that workers share."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "mail_server",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("last_sent_at", moment, nullable=True),
        sa.Column("failing_since", moment, nullable=True),
        sa.Column("failing", sa.JSON(), nullable=False),
        sa.Column("retry_at", moment, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_server")),
    )


def downgrade() -> None:
    op.drop_table("mail_server")
