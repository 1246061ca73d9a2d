"""Search documents say which analysis made them, and names of people and organizations are found.

Old documents and names are written anew by the sweep, which finds them by their version.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_WORD = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")
# The sweep replaces these rows by the words of each name.
_TO_DO = (
    "INSERT INTO search_names (word, user_id, version) SELECT '', id, 0 FROM users",
    "INSERT INTO search_names (word, organization_id, version) SELECT '', id, 0 FROM organizations",
)


def upgrade() -> None:
    op.add_column(
        "search_documents",
        sa.Column("version", sa.SmallInteger(), server_default="1", nullable=False),
    )
    op.create_index(
        op.f("ix_search_documents_version_ticket_id"), "search_documents", ["version", "ticket_id"]
    )
    op.create_table(
        "search_names",
        sa.Column("id", _ID, nullable=False),
        sa.Column("word", _WORD, nullable=False),
        sa.Column("user_id", _ID, nullable=True),
        sa.Column("organization_id", _ID, nullable=True),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint(
            "(user_id IS NULL) <> (organization_id IS NULL)", name=op.f("ck_search_names_owner")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_search_names_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_search_names_organization_id_organizations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_names")),
    )
    for columns in (
        ["word", "user_id"],
        ["word", "organization_id"],
        ["user_id"],
        ["organization_id"],
        ["version", "id"],
    ):
        op.create_index(op.f(f"ix_search_names_{'_'.join(columns)}"), "search_names", columns)
    for statement in _TO_DO:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("search_names")
    op.drop_index(op.f("ix_search_documents_version_ticket_id"), "search_documents")
    op.drop_column("search_documents", "version")
