"""What imports know: the number of a ticket in the old desk, and organizations that they made."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column("tickets", sa.Column("external_number", sa.String(64), nullable=True))
    op.add_column("organizations", sa.Column("import_key", sa.String(64), nullable=True))
    op.create_index("ix_organizations_import_key", "organizations", ["import_key"], unique=True)


def downgrade() -> None:
    op.drop_index("ix_organizations_import_key", "organizations")
    op.drop_column("organizations", "import_key")
    op.drop_column("tickets", "external_number")
