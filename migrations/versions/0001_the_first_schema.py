"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)
unsolved = sa.text("status NOT IN ('solved', 'closed')")


def upgrade() -> None:
    op.create_table(
        "organizations",
        sa.Column("id", big_id, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("personal", sa.Boolean(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_organizations"),
    )
    op.create_table(
        "tags",
        sa.Column("id", big_id, nullable=False),
        sa.Column("name", sa.String(length=66), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tags"),
        sa.UniqueConstraint("name", name="uq_tags_name"),
    )
    op.create_table(
        "ticket_counts",
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("assignee_id", big_id, autoincrement=False, nullable=False),
        sa.Column("tickets", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("status", "priority", "assignee_id", name="pk_ticket_counts"),
    )
    op.create_table(
        "users",
        sa.Column("id", big_id, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("first_name", sa.String(length=100), nullable=False),
        sa.Column("last_name", sa.String(length=100), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("organization_id", big_id, nullable=False),
        sa.Column("organization_role", sa.String(length=16), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_verified", sa.Boolean(), nullable=False),
        sa.Column("username", sa.String(length=40), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("inn", sa.String(length=12), nullable=True),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("muted", sa.JSON(), nullable=False),
        sa.Column("totp_secret", sa.Text(), nullable=True),
        sa.Column("totp_counter", sa.BigInteger(), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("locale", sa.String(length=8), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("last_sign_in_at", moment, nullable=True),
        sa.Column("created_at", moment, nullable=False),
        sa.CheckConstraint(
            "organization_role IN ('owner', 'admin', 'user', 'viewer')",
            name="ck_users_organization_role",
        ),
        sa.CheckConstraint("role IN ('customer', 'staff', 'admin')", name="ck_users_role"),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name="fk_users_organization_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("email", name="uq_users_email"),
        sa.UniqueConstraint("username", name="uq_users_username"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_users_organization_id", "users", ["organization_id"])
    op.create_index("ix_users_role_id", "users", ["role", "id"])
    op.create_table(
        "bulk_changes",
        sa.Column("id", big_id, nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("actor_id", big_id, nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["users.id"], name="fk_bulk_changes_actor_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_bulk_changes"),
        sa.UniqueConstraint("token", name="uq_bulk_changes_token"),
    )
    op.create_index("ix_bulk_changes_created_at", "bulk_changes", ["created_at"])
    op.create_table(
        "tickets",
        sa.Column("id", big_id, nullable=False),
        sa.Column("organization_id", big_id, nullable=False),
        sa.Column("requester_id", big_id, nullable=False),
        sa.Column("assignee_id", big_id, nullable=True),
        sa.Column("subject", sa.String(length=250), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("type", sa.String(length=16), nullable=True),
        sa.Column("department", sa.String(length=100), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", moment, nullable=False),
        sa.Column("first_response_at", moment, nullable=True),
        sa.Column("solved_at", moment, nullable=True),
        sa.Column("import_key", sa.String(length=64), nullable=True),
        sa.Column("created_at", moment, nullable=False),
        sa.CheckConstraint(
            "status IN ('new', 'open', 'pending', 'on_hold', 'solved', 'closed')",
            name="ck_tickets_status",
        ),
        sa.CheckConstraint("priority BETWEEN 1 AND 4", name="ck_tickets_priority"),
        sa.ForeignKeyConstraint(["assignee_id"], ["users.id"], name="fk_tickets_assignee_id"),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name="fk_tickets_organization_id"
        ),
        sa.ForeignKeyConstraint(["requester_id"], ["users.id"], name="fk_tickets_requester_id"),
        sa.PrimaryKeyConstraint("id", name="pk_tickets"),
        sa.UniqueConstraint("import_key", name="uq_tickets_import_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_tickets_assignee_id", "tickets", ["assignee_id", "id"])
    op.create_index("ix_tickets_assignee_updated", "tickets", ["assignee_id", "updated_at", "id"])
    op.create_index(
        "ix_tickets_organization_updated", "tickets", ["organization_id", "updated_at", "id"]
    )
    op.create_index("ix_tickets_priority_id", "tickets", ["priority", "id"])
    op.create_index("ix_tickets_priority_updated", "tickets", ["priority", "updated_at", "id"])
    op.create_index("ix_tickets_requester_updated", "tickets", ["requester_id", "updated_at", "id"])
    op.create_index("ix_tickets_status_id", "tickets", ["status", "id"])
    op.create_index("ix_tickets_status_updated", "tickets", ["status", "updated_at", "id"])
    op.create_index(
        "ix_tickets_unsolved_assignee",
        "tickets",
        ["assignee_id", "updated_at", "id"],
        sqlite_where=unsolved,
        postgresql_where=unsolved,
    )
    op.create_index(
        "ix_tickets_unsolved_assignee_id",
        "tickets",
        ["assignee_id", "id"],
        sqlite_where=unsolved,
        postgresql_where=unsolved,
    )
    op.create_index(
        "ix_tickets_unsolved_assignee_priority",
        "tickets",
        ["assignee_id", "priority", "updated_at", "id"],
        sqlite_where=unsolved,
        postgresql_where=unsolved,
    )
    op.create_index(
        "ix_tickets_unsolved_id",
        "tickets",
        ["id"],
        sqlite_where=unsolved,
        postgresql_where=unsolved,
    )
    op.create_index(
        "ix_tickets_unsolved_priority",
        "tickets",
        ["priority", "updated_at", "id"],
        sqlite_where=unsolved,
        postgresql_where=unsolved,
    )
    op.create_index(
        "ix_tickets_unsolved_updated",
        "tickets",
        ["updated_at", "id"],
        sqlite_where=unsolved,
        postgresql_where=unsolved,
    )
    op.create_index("ix_tickets_updated", "tickets", ["updated_at", "id"])
    op.create_table(
        "user_sessions",
        sa.Column("id", big_id, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", big_id, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("remembered", sa.Boolean(), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("user_agent", sa.String(length=300), nullable=False),
        sa.Column("confirmed_at", moment, nullable=False),
        sa.Column("last_seen_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_user_sessions_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_user_sessions"),
        sa.UniqueConstraint("token_hash", name="uq_user_sessions_token_hash"),
    )
    op.create_index("ix_user_sessions_expires_at", "user_sessions", ["expires_at"])
    op.create_index("ix_user_sessions_user_id", "user_sessions", ["user_id"])
    op.create_table(
        "comments",
        sa.Column("id", big_id, nullable=False),
        sa.Column("ticket_id", big_id, nullable=False),
        sa.Column("author_id", big_id, nullable=False),
        sa.Column("internal", sa.Boolean(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("renderer_version", sa.SmallInteger(), nullable=False),
        sa.Column("ticket_version", sa.Integer(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name="fk_comments_author_id"),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name="fk_comments_ticket_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_comments"),
    )
    op.create_index("ix_comments_renderer_version_id", "comments", ["renderer_version", "id"])
    op.create_index("ix_comments_ticket_id_id", "comments", ["ticket_id", "id"])
    op.create_table(
        "search_documents",
        sa.Column("ticket_id", big_id, nullable=False),
        sa.Column("public", sa.Text(), nullable=False),
        sa.Column("internal", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name="fk_search_documents_ticket_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("ticket_id", name="pk_search_documents"),
    )
    op.create_table(
        "ticket_tags",
        sa.Column("ticket_id", big_id, nullable=False),
        sa.Column("tag_id", big_id, nullable=False),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name="fk_ticket_tags_tag_id"),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name="fk_ticket_tags_ticket_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("ticket_id", "tag_id", name="pk_ticket_tags"),
    )
    op.create_index("ix_ticket_tags_tag_id_ticket_id", "ticket_tags", ["tag_id", "ticket_id"])
    op.create_table(
        "attachments",
        sa.Column("id", big_id, nullable=False),
        sa.Column("ticket_id", big_id, nullable=False),
        sa.Column("comment_id", big_id, nullable=False),
        sa.Column("filename", sa.String(length=255), nullable=False),
        sa.Column("content_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("storage_key", sa.String(length=64), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name="fk_attachments_comment_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name="fk_attachments_ticket_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_attachments"),
        sa.UniqueConstraint("storage_key", name="uq_attachments_storage_key"),
    )
    op.create_index("ix_attachments_comment_id", "attachments", ["comment_id"])
    op.create_index("ix_attachments_ticket_id", "attachments", ["ticket_id"])
    op.create_table(
        "ticket_events",
        sa.Column("id", big_id, nullable=False),
        sa.Column("ticket_id", big_id, nullable=False),
        sa.Column("actor_id", big_id, nullable=True),
        sa.Column("comment_id", big_id, nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name="fk_ticket_events_actor_id"),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name="fk_ticket_events_comment_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name="fk_ticket_events_ticket_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_events"),
    )
    op.create_index("ix_ticket_events_ticket_id_id", "ticket_events", ["ticket_id", "id"])
    op.create_table(
        "outbox",
        sa.Column("id", big_id, nullable=False),
        sa.Column("template", sa.String(length=40), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("user_id", big_id, nullable=True),
        sa.Column("event_id", big_id, nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("lease", sa.String(length=32), nullable=True),
        sa.Column("sent_at", moment, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["ticket_events.id"], name="fk_outbox_event_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_outbox_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint(
            "event_id", "template", "recipient", name="uq_outbox_event_id_template_recipient"
        ),
        sa.UniqueConstraint("message_id", name="uq_outbox_message_id"),
    )
    op.create_index("ix_outbox_state_due_at", "outbox", ["state", "due_at"])


def downgrade() -> None:
    op.drop_index("ix_outbox_state_due_at", table_name="outbox")
    op.drop_table("outbox")
    op.drop_index("ix_ticket_events_ticket_id_id", table_name="ticket_events")
    op.drop_table("ticket_events")
    op.drop_index("ix_attachments_ticket_id", table_name="attachments")
    op.drop_index("ix_attachments_comment_id", table_name="attachments")
    op.drop_table("attachments")
    op.drop_index("ix_ticket_tags_tag_id_ticket_id", table_name="ticket_tags")
    op.drop_table("ticket_tags")
    op.drop_table("search_documents")
    op.drop_index("ix_comments_ticket_id_id", table_name="comments")
    op.drop_index("ix_comments_renderer_version_id", table_name="comments")
    op.drop_table("comments")
    op.drop_index("ix_user_sessions_user_id", table_name="user_sessions")
    op.drop_index("ix_user_sessions_expires_at", table_name="user_sessions")
    op.drop_table("user_sessions")
    op.drop_index("ix_tickets_updated", table_name="tickets")
    op.drop_index(
        "ix_tickets_unsolved_updated",
        table_name="tickets",
        sqlite_where=unsolved,
        postgresql_where=unsolved,
    )
    op.drop_index(
        "ix_tickets_unsolved_priority",
        table_name="tickets",
        sqlite_where=unsolved,
        postgresql_where=unsolved,
    )
    op.drop_index(
        "ix_tickets_unsolved_id",
        table_name="tickets",
        sqlite_where=unsolved,
        postgresql_where=unsolved,
    )
    op.drop_index(
        "ix_tickets_unsolved_assignee_priority",
        table_name="tickets",
        sqlite_where=unsolved,
        postgresql_where=unsolved,
    )
    op.drop_index(
        "ix_tickets_unsolved_assignee_id",
        table_name="tickets",
        sqlite_where=unsolved,
        postgresql_where=unsolved,
    )
    op.drop_index(
        "ix_tickets_unsolved_assignee",
        table_name="tickets",
        sqlite_where=unsolved,
        postgresql_where=unsolved,
    )
    op.drop_index("ix_tickets_status_updated", table_name="tickets")
    op.drop_index("ix_tickets_status_id", table_name="tickets")
    op.drop_index("ix_tickets_requester_updated", table_name="tickets")
    op.drop_index("ix_tickets_priority_updated", table_name="tickets")
    op.drop_index("ix_tickets_priority_id", table_name="tickets")
    op.drop_index("ix_tickets_organization_updated", table_name="tickets")
    op.drop_index("ix_tickets_assignee_updated", table_name="tickets")
    op.drop_index("ix_tickets_assignee_id", table_name="tickets")
    op.drop_table("tickets")
    op.drop_index("ix_bulk_changes_created_at", table_name="bulk_changes")
    op.drop_table("bulk_changes")
    op.drop_index("ix_users_role_id", table_name="users")
    op.drop_index("ix_users_organization_id", table_name="users")
    op.drop_table("users")
    op.drop_table("ticket_counts")
    op.drop_table("tags")
    op.drop_table("organizations")
