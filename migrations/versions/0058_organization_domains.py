"""Mail domains whose new accounts join an organization."""

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"

TABLE = "organization_domains"
big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_CONFIRMED = sa.text("confirmed_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", big_id, nullable=False),
        sa.Column("organization_id", big_id, nullable=False),
        sa.Column("domain", sa.String(253), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("asked_by_id", big_id, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("confirmed_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=f"pk_{TABLE}"),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=f"fk_{TABLE}_organization_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["asked_by_id"], ["users.id"], name=f"fk_{TABLE}_asked_by_id"),
        sa.UniqueConstraint("organization_id", "domain", name=f"uq_{TABLE}_organization_id_domain"),
    )
    op.create_index(
        f"uq_{TABLE}_confirmed",
        TABLE,
        ["domain"],
        unique=True,
        sqlite_where=_CONFIRMED,
        postgresql_where=_CONFIRMED,
    )
    op.create_index(f"ix_{TABLE}_expires_at", TABLE, ["expires_at"])


def downgrade() -> None:
    op.drop_table(TABLE)
