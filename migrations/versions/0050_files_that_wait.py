"""Files of a ticket that is filed once the address of whoever wrote it is confirmed."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "pending_attachments",
        sa.Column("id", big_id, nullable=False),
        sa.Column("registration_id", big_id, nullable=False),
        sa.Column("filename", sa.String(255), nullable=False),
        sa.Column("content_type", sa.String(100), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("storage_key", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pending_attachments"),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["pending_registrations.id"],
            name="fk_pending_attachments_registration_id_pending_registrations",
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("storage_key", name="uq_pending_attachments_storage_key"),
    )
    op.create_index(
        "ix_pending_attachments_registration_id", "pending_attachments", ["registration_id"]
    )


def downgrade() -> None:
    op.drop_table("pending_attachments")
