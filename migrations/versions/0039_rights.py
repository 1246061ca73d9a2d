"""Rights of staff, one by one or under the name of a role."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "named_roles",
        sa.Column("id", big_id, nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("rights", sa.String(100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_named_roles"),
        sa.UniqueConstraint("name", name="uq_named_roles_name"),
    )
    for name in ("granted_rights", "rights"):
        words = sa.Column(name, sa.String(100), nullable=False, server_default="")
        op.add_column("users", words)
    # In words, since Alembic adds no constraint to a table of SQLite.
    kind = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(
        f"ALTER TABLE users ADD COLUMN named_role_id {kind} "
        "CONSTRAINT fk_users_named_role_id_named_roles REFERENCES named_roles (id)"
    )
    op.create_index("ix_users_named_role_id", "users", ["named_role_id"])


def downgrade() -> None:
    op.drop_index("ix_users_named_role_id", "users")
    for name in ("named_role_id", "rights", "granted_rights"):
        op.drop_column("users", name)
    op.drop_table("named_roles")
