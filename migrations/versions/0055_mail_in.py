"""Mailboxes, the mails that were taken in, and what belongs to comments that came by mail."""

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)
MESSAGES = "inbound_messages"


def upgrade() -> None:
    op.create_table(
        "mailboxes",
        sa.Column("id", big_id, nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("department", sa.String(100), nullable=True),
        sa.Column("language", sa.String(8), nullable=True),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("takes_plus", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("way", sa.String(16), nullable=False),
        sa.Column("host", sa.String(254), nullable=False),
        sa.Column("port", sa.Integer(), nullable=True),
        sa.Column("security", sa.String(8), nullable=False),
        sa.Column("username", sa.String(254), nullable=False),
        sa.Column("authentication", sa.String(16), nullable=False),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("folder", sa.String(254), nullable=False),
        sa.Column("uid_validity", sa.BigInteger(), nullable=True),
        sa.Column("last_uid", sa.BigInteger(), nullable=True),
        sa.Column("last_success_at", moment, nullable=True),
        sa.Column("last_mail_at", moment, nullable=True),
        sa.Column("failing_since", moment, nullable=True),
        sa.Column("failure", sa.String(300), nullable=True),
        sa.Column("created_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mailboxes"),
        sa.UniqueConstraint("address", name="uq_mailboxes_address"),
    )
    op.create_table(
        MESSAGES,
        sa.Column("id", big_id, nullable=False),
        sa.Column("mailbox_id", big_id, nullable=False),
        sa.Column("way", sa.String(16), nullable=False),
        sa.Column("received_at", moment, nullable=False),
        sa.Column("storage_key", sa.String(64), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("recipient", sa.String(254), nullable=False),
        sa.Column("message_id", sa.String(200), nullable=False),
        sa.Column("sender", sa.String(254), nullable=False),
        sa.Column("subject", sa.String(250), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(24), nullable=True),
        sa.Column("error", sa.String(300), nullable=True),
        sa.Column("is_accepted", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("journey", sa.JSON(), nullable=False),
        sa.Column("user_id", big_id, nullable=True),
        sa.Column("ticket_id", big_id, nullable=True),
        sa.Column("comment_id", big_id, nullable=True),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("lease", sa.String(32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=f"pk_{MESSAGES}"),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailboxes.id"], name=f"fk_{MESSAGES}_mailbox_id"),
        *(_cascading(name) for name in ("user", "ticket", "comment")),
        sa.UniqueConstraint(
            "mailbox_id", "fingerprint", name=f"uq_{MESSAGES}_mailbox_id_fingerprint"
        ),
        sa.UniqueConstraint("storage_key", name=f"uq_{MESSAGES}_storage_key"),
    )
    for columns in (
        ["state", "due_at"],
        ["state", "id"],
        ["mailbox_id", "state", "id"],
        ["message_id"],
        ["sender", "received_at"],
        ["ticket_id"],
        ["comment_id"],
        ["user_id"],
    ):
        op.create_index(f"ix_{MESSAGES}_{'_'.join(columns)}", MESSAGES, columns)
    has_raw = sa.text("storage_key IS NOT NULL")
    op.create_index(
        f"ix_{MESSAGES}_raw",
        MESSAGES,
        ["received_at"],
        sqlite_where=has_raw,
        postgresql_where=has_raw,
    )
    op.create_table(
        "mailed_comments",
        sa.Column("comment_id", big_id, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("rest", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("comment_id", name="pk_mailed_comments"),
        sa.ForeignKeyConstraint(
            ["comment_id"],
            ["comments.id"],
            name="fk_mailed_comments_comment_id",
            ondelete="CASCADE",
        ),
    )


def _cascading(name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [f"{name}_id"], [f"{name}s.id"], name=f"fk_{MESSAGES}_{name}_id", ondelete="CASCADE"
    )


def downgrade() -> None:
    op.drop_table("mailed_comments")
    op.drop_table(MESSAGES)
    op.drop_table("mailboxes")
