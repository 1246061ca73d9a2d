"""Products of organizations at marketplaces, with stocks, syncs and schedules."""

import sqlalchemy as sa
from alembic import op

revision = "0072"
down_revision = "0071"

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    for table in ("organizations", "pending_registrations"):
        op.add_column(table, sa.Column("marketplace_type", sa.String(16)))
    _create_products()
    _create_stocks()
    _create_syncs()
    _create_schedules()


def _create_products() -> None:
    op.create_table(
        "products",
        sa.Column("id", big_id, nullable=False),
        sa.Column("organization_id", big_id, nullable=False),
        sa.Column("marketplace", sa.String(16), nullable=False),
        sa.Column("external_id", sa.String(64), nullable=False),
        sa.Column("article", sa.String(200), nullable=False),
        sa.Column("name", sa.String(500), nullable=False),
        sa.Column("brand", sa.String(200), nullable=False),
        sa.Column("category", sa.String(200), nullable=False),
        sa.Column("picture_url", sa.String(1000), nullable=False),
        sa.Column("shop_url", sa.String(1000), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(3), nullable=True),
        sa.Column("stock", sa.Integer(), nullable=False),
        sa.Column("gone_at", moment, nullable=True),
        sa.Column("first_seen_at", moment, nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.Column("last_sync_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_products"),
        _of_organization("products"),
        sa.UniqueConstraint(
            "organization_id",
            "marketplace",
            "external_id",
            name="uq_products_organization_id_marketplace_external_id",
        ),
    )
    for column in ("name", "changed_at"):
        op.create_index(
            f"ix_products_organization_id_{column}_id",
            "products",
            ["organization_id", column, "id"],
        )


def _create_stocks() -> None:
    op.create_table(
        "product_stocks",
        sa.Column("id", big_id, nullable=False),
        sa.Column("product_id", big_id, nullable=False),
        sa.Column("warehouse", sa.String(200), nullable=False),
        sa.Column("present", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_product_stocks"),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["products.id"],
            name="fk_product_stocks_product_id_products",
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint(
            "product_id", "warehouse", name="uq_product_stocks_product_id_warehouse"
        ),
    )


def _create_syncs() -> None:
    table = "product_syncs"
    op.create_table(
        table,
        sa.Column("id", big_id, nullable=False),
        sa.Column("organization_id", big_id, nullable=False),
        sa.Column("marketplace", sa.String(16), nullable=False),
        sa.Column("started_by_id", big_id, nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("started_at", moment, nullable=True),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("seen", "pages", "added", "changed", "gone", "errors")
        ),
        sa.Column("error", sa.String(32), nullable=True),
        sa.Column("detail", sa.String(300), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("lease", sa.String(32), nullable=True),
        sa.Column("created_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        _of_organization(table),
        sa.ForeignKeyConstraint(
            ["started_by_id"], ["users.id"], name=f"fk_{table}_started_by_id_users"
        ),
    )
    op.create_index(f"ix_{table}_organization_id_id", table, ["organization_id", "id"])
    op.create_index(f"ix_{table}_state_due_at", table, ["state", "due_at"])
    is_open = sa.text("state IN ('queued', 'running')")
    op.create_index(
        f"uq_{table}_open",
        table,
        ["organization_id", "marketplace"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )


def _create_schedules() -> None:
    table = "product_schedules"
    op.create_table(
        table,
        sa.Column("organization_id", big_id, nullable=False),
        sa.Column("cron", sa.String(100), nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("next_run_at", moment, nullable=True),
        sa.Column("failures", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("organization_id", name=f"pk_{table}"),
        _of_organization(table),
    )
    op.create_index(f"ix_{table}_next_run_at", table, ["next_run_at"])


def _of_organization(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organization_id"],
        ["organizations.id"],
        name=f"fk_{table}_organization_id_organizations",
        ondelete="CASCADE",
    )


def downgrade() -> None:
    for table in ("product_schedules", "product_syncs", "product_stocks", "products"):
        op.drop_table(table)
    for table in ("pending_registrations", "organizations"):
        op.drop_column(table, "marketplace_type")
