"""Small pictures of attached ones."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# Those that are there already; the sweep makes their thumbnails, some at a time.
PICTURES = "('image/png', 'image/jpeg', 'image/gif', 'image/webp')"


def upgrade() -> None:
    op.create_table(
        "thumbnails",
        sa.Column("attachment_id", big_id, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("storage_key", sa.String(64), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("attachment_id", name="pk_thumbnails"),
        sa.ForeignKeyConstraint(
            ["attachment_id"],
            ["attachments.id"],
            name="fk_thumbnails_attachment_id_attachments",
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("storage_key", name="uq_thumbnails_storage_key"),
    )
    op.create_index("ix_thumbnails_due_at", "thumbnails", ["due_at"])
    op.execute(
        "INSERT INTO thumbnails (attachment_id, due_at, tries) "  # noqa: S608 - our own words
        f"SELECT id, created_at, 0 FROM attachments WHERE content_type IN {PICTURES}"
    )


def downgrade() -> None:
    op.drop_table("thumbnails")
