"""What fetching a mailbox needs: who does it now, why it fails, and access by OAuth 2."""

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0062"

TABLE = "mailboxes"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    for column in (
        sa.Column("failure_reason", sa.String(16)),
        sa.Column("fetcher", sa.String(32)),
        sa.Column("fetched_until", moment),
        sa.Column("oauth_tenant", sa.String(100), nullable=False, server_default=""),
        sa.Column("oauth_client_id", sa.String(254), nullable=False, server_default=""),
        sa.Column("oauth_client_secret", sa.Text()),
        sa.Column("refresh_token", sa.Text()),
        sa.Column("access_token", sa.Text()),
        sa.Column("access_token_expires_at", moment),
    ):
        op.add_column(TABLE, column)


def downgrade() -> None:
    for name in (
        "access_token_expires_at",
        "access_token",
        "refresh_token",
        "oauth_client_secret",
        "oauth_client_id",
        "oauth_tenant",
        "fetched_until",
        "fetcher",
        "failure_reason",
    ):
        op.drop_column(TABLE, name)
