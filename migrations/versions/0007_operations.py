"""What operators look at: heartbeats, the request behind a mail, API requests, sealed actions."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "heartbeats",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("beat_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_heartbeats"),
    )
    op.add_column("outbox", sa.Column("request_id", sa.String(length=64), nullable=True))
    op.create_table(
        "api_requests",
        sa.Column("id", big_id, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("key_prefix", sa.String(length=16), nullable=False),
        sa.Column("method", sa.String(length=8), nullable=False),
        sa.Column("route", sa.String(length=120), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_api_requests"),
    )
    op.create_index("ix_api_requests_at", "api_requests", ["at"])
    op.create_index("ix_api_requests_user_id_id", "api_requests", ["user_id", "id"])
    op.create_index("ix_api_requests_key_prefix_id", "api_requests", ["key_prefix", "id"])
    op.create_index("ix_api_requests_route_id", "api_requests", ["route", "id"])
    op.create_index("ix_api_requests_status_id", "api_requests", ["status", "id"])
    op.create_table(
        "api_request_counts",
        sa.Column("hour", moment, nullable=False),
        sa.Column("method", sa.String(length=8), nullable=False),
        sa.Column("route", sa.String(length=120), nullable=False),
        sa.Column("key_prefix", sa.String(length=16), nullable=False),
        sa.Column("within", sa.Integer(), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("errors", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "hour", "method", "route", "key_prefix", "within", name="pk_api_request_counts"
        ),
    )
    op.create_table(
        "actions",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("ticket_id", sa.BigInteger(), nullable=True),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_actions"),
        sa.UniqueConstraint("source", "source_id", name="uq_actions_source_source_id"),
    )
    op.create_index("ix_actions_day_id", "actions", ["day", "id"])
    op.create_index("ix_actions_kind_id", "actions", ["kind", "id"])
    op.create_index("ix_actions_actor_id_id", "actions", ["actor_id", "id"])
    op.create_index("ix_actions_ticket_id_id", "actions", ["ticket_id", "id"])
    op.create_index("ix_actions_user_id_id", "actions", ["user_id", "id"])
    op.create_table(
        "action_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("before", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("ticket_top", sa.BigInteger(), nullable=False),
        sa.Column("account_top", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_action_days"),
    )


def downgrade() -> None:
    op.drop_table("action_days")
    op.drop_table("actions")
    op.drop_table("api_request_counts")
    op.drop_table("api_requests")
    with op.batch_alter_table("outbox") as batch:
        batch.drop_column("request_id")
    op.drop_table("heartbeats")
