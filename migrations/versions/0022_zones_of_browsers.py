"""Nobody has chosen UTC who has it by default: their browser says in which zone they are."""

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.execute("UPDATE users SET timezone = '' WHERE timezone = 'UTC'")


def downgrade() -> None:
    op.execute("UPDATE users SET timezone = 'UTC' WHERE timezone = ''")
