"""Which products a ticket is about, and how many tickets are about each."""

import sqlalchemy as sa
from alembic import op

revision = "0074"
down_revision = "0073"

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "ticket_products",
        sa.Column("ticket_id", big_id, nullable=False),
        sa.Column("product_id", big_id, nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["tickets.id"],
            name=op.f("fk_ticket_products_ticket_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["products.id"],
            name=op.f("fk_ticket_products_product_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("ticket_id", "product_id", name=op.f("pk_ticket_products")),
    )
    op.create_index(
        op.f("ix_ticket_products_product_id_ticket_id"),
        "ticket_products",
        ["product_id", "ticket_id"],
    )
    op.add_column(
        "ticket_facts", sa.Column("products", sa.String(), server_default="", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("ticket_facts", "products")
    op.drop_table("ticket_products")
