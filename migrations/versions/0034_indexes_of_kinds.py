"""Indexes of the API's filters by type, department and language."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"

_COLUMNS = ("type", "department", "language")


def upgrade() -> None:
    for column in _COLUMNS:
        known = sa.text(f"{column} IS NOT NULL")
        op.create_index(
            _name(column),
            "tickets",
            [column, "updated_at", "id"],
            sqlite_where=known,
            postgresql_where=known,
        )


def downgrade() -> None:
    for column in _COLUMNS:
        op.drop_index(_name(column), "tickets")


def _name(column: str) -> str:
    return f"ix_tickets_{column}_updated"
