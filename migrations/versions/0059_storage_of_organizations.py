"""Limits of storage and API calls in plans, and the bytes that each organization has stored."""

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"

TABLE = "organization_storage"
big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_GIGABYTE = 1024**3
# Name, bytes of files, API calls a day.
ROWS = (
    ("free", _GIGABYTE, 1_000),
    ("starter", 10 * _GIGABYTE, 10_000),
    ("pro", 100 * _GIGABYTE, 100_000),
)
# One reading of all files.
_COUNT = """
INSERT INTO organization_storage (organization_id, bytes)
SELECT tickets.organization_id, SUM(attachments.size)
FROM attachments
JOIN tickets ON tickets.id = attachments.ticket_id
JOIN comments ON comments.id = attachments.comment_id
WHERE NOT comments.internal
GROUP BY tickets.organization_id
"""


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("organization_id", big_id, autoincrement=False, nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", name=f"pk_{TABLE}"),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=f"fk_{TABLE}_organization_id",
            ondelete="CASCADE",
        ),
    )
    op.execute(_COUNT)
    op.add_column("plans", sa.Column("file_bytes", sa.BigInteger()))
    op.add_column("plans", sa.Column("calls_a_day", sa.Integer()))
    plans = sa.table("plans", sa.column("name"), sa.column("file_bytes"), sa.column("calls_a_day"))
    for name, file_bytes, calls in ROWS:
        values = {"file_bytes": file_bytes, "calls_a_day": calls}
        op.execute(plans.update().where(plans.c.name == name).values(**values))


def downgrade() -> None:
    op.drop_column("plans", "calls_a_day")
    op.drop_column("plans", "file_bytes")
    op.drop_table(TABLE)
