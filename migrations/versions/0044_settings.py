"""Settings that administrators change on pages."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    op.create_table(
        "settings",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("storage_key", sa.String(length=64), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_settings")),
    )
    op.add_column("desk", sa.Column("settings_version", sa.String(length=32), nullable=True))


def downgrade() -> None:
    op.drop_column("desk", "settings_version")
    op.drop_table("settings")
