"""What staff write down about people and organizations."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "customer_notes",
        sa.Column("id", big_id, nullable=False),
        sa.Column("user_id", big_id, nullable=True),
        sa.Column("organization_id", big_id, nullable=True),
        sa.Column("author_id", big_id, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("updated_at", moment, nullable=True),
        sa.Column("created_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_customer_notes"),
        sa.CheckConstraint(
            "(user_id IS NULL) <> (organization_id IS NULL)", name="ck_customer_notes_about_one"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_customer_notes_user_id_users", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name="fk_customer_notes_organization_id_organizations",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["users.id"], name="fk_customer_notes_author_id_users"
        ),
    )
    for owner in ("user_id", "organization_id"):
        op.create_index(f"ix_customer_notes_{owner}_id", "customer_notes", [owner, "id"])


def downgrade() -> None:
    op.drop_table("customer_notes")
