"""Unsolved tickets of a customer, and of an organization, in the order of their lists."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"

unsolved = sa.text("status NOT IN ('solved', 'closed')")
changed = sa.text("coalesce(public_updated_at, updated_at)")
OWNERS = {"requester": "requester_id", "organization": "organization_id"}


def upgrade() -> None:
    for owner, column in OWNERS.items():
        op.create_index(
            f"ix_tickets_unsolved_{owner}",
            "tickets",
            [column, changed, "id"],
            sqlite_where=unsolved,
            postgresql_where=unsolved,
        )


def downgrade() -> None:
    for owner in OWNERS:
        op.drop_index(f"ix_tickets_unsolved_{owner}", "tickets")
