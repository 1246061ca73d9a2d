"""The desk has a key, which its file store carries too. An older desk gets one like a new one."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    desk = op.create_table(
        "desk",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("files_since", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk")),
    )
    op.bulk_insert(desk, [{"id": 1, "key": secrets.token_hex(16), "files_since": None}])


def downgrade() -> None:
    op.drop_table("desk")
