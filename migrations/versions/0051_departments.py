"""Departments that administrators keep; those that tickets have are in it from the beginning."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "departments",
        sa.Column("id", _ID, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("former_name", sa.String(length=100), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("default_assignee_id", _ID, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["default_assignee_id"],
            ["users.id"],
            name=op.f("fk_departments_default_assignee_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_departments")),
        sa.UniqueConstraint("name", name=op.f("uq_departments_name")),
    )
    op.create_table(
        "department_members",
        sa.Column("department_id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"],
            ["departments.id"],
            name=op.f("fk_department_members_department_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_department_members_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("department_id", "user_id", name=op.f("pk_department_members")),
    )
    # By the partial index of tickets that have one.
    op.execute(
        "INSERT INTO departments (name, position, created_at)"
        " SELECT department, row_number() OVER (ORDER BY department), CURRENT_TIMESTAMP"
        " FROM (SELECT DISTINCT department FROM tickets WHERE department IS NOT NULL) AS known"
    )
    op.execute(
        "UPDATE desk SET settings_version = 'departments'"
        " WHERE settings_version IS NULL AND EXISTS (SELECT 1 FROM departments)"
    )


def downgrade() -> None:
    op.drop_table("department_members")
    op.drop_table("departments")
