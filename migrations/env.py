"""Runs migrations on the application's own engine, one transaction for each, on both databases."""

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Connection

from portal.cli.migrations import prepare_logs

migrate = current_app.extensions["migrate"]
# What the migrations make by hand and no model describes: SQLite's full-text index.
_BY_HAND = "search_index"


def include(_object: Any, name: str | None, _kind: str, _reflected: bool, _other: Any) -> bool:
    return not (name or "").startswith(_BY_HAND)


def render(kind: str, item: Any, _context: Any) -> str | bool:
    """A migration must not change with our code: it names plain types."""
    is_moment = kind == "type" and type(item).__name__ == "UtcDateTime"
    return "sa.DateTime(timezone=True)" if is_moment else False


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=migrate.db.metadata,
        transaction_per_migration=True,
        transactional_ddl=True,  # SQLite can, too: a migration killed halfway leaves nothing
        include_object=include,
        render_item=render,
        **migrate.configure_args,
    )
    with context.begin_transaction():
        context.run_migrations()


# SQLite: rebuilding a table drops the old one, and that would cascade. PostgreSQL: an index over a
# million rows takes longer than a page may; but who waits for a table holds up everybody behind, so
# that fails soon, changes nothing, and is tried again.
_SETTINGS = {
    "sqlite": (["PRAGMA foreign_keys = OFF"], ["PRAGMA foreign_keys = ON"]),
    "postgresql": (
        ["SET statement_timeout = 0", "SET lock_timeout = '10s'"],
        ["RESET statement_timeout", "RESET lock_timeout"],
    ),
}


def ask(connection: Connection, statements: list[str]) -> None:
    """Change the connection's settings, between two transactions: SQLite takes it nowhere else."""
    driver: Any = connection.connection.dbapi_connection
    for statement in statements:
        driver.execute(statement)
    driver.commit()


with migrate.db.engine.connect().execution_options(lodge_write=True) as connection:
    before, after = _SETTINGS[connection.dialect.name]
    ask(connection, before)
    try:
        run(connection)
    finally:
        connection.rollback()
        ask(connection, after)
prepare_logs()
