"""Mails as they were sent: who wants that, what is known of them, how they name their pictures."""

import sqlalchemy as sa
from alembic import op

revision = "0066"
down_revision = "0065"


def _text(name: str, length: int, default: str = "") -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False, server_default=default)


def upgrade() -> None:
    op.add_column("users", _text("mails_as", 8, "text"))
    op.add_column("mailed_comments", _text("remarks", 200))
    op.add_column("attachments", _text("content_id", 200))
    op.execute("UPDATE mailed_comments SET remarks = 'html' WHERE html <> ''")


def downgrade() -> None:
    op.drop_column("attachments", "content_id")
    op.drop_column("mailed_comments", "remarks")
    op.drop_column("users", "mails_as")
