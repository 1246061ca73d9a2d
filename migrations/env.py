"""Runs migrations on the application's own engine, one transaction for each, on both databases."""

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Connection, event

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


def run_on_sqlite(connection: Connection) -> None:
    """Rebuilding a table drops the old one, and that would cascade.

    SQLite takes this setting between two transactions and nowhere else.
    """
    driver: Any = connection.connection.dbapi_connection
    driver.execute("PRAGMA foreign_keys = OFF")
    try:
        run(connection)
    finally:
        connection.rollback()
        driver.execute("PRAGMA foreign_keys = ON")


def run_on_postgresql(connection: Connection) -> None:
    """An index over a million rows takes longer than a page may.

    But who waits for a table holds up everybody behind, so that fails soon, changes nothing, and is
    tried again. Said to each transaction: PgBouncer gives the next one another session.
    """

    @event.listens_for(connection, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql("SET LOCAL lock_timeout = '10s'")

    run(connection)


_RUN = {"sqlite": run_on_sqlite, "postgresql": run_on_postgresql}
lent = context.config.attributes.get("connection")
if lent is not None:
    # Whoever lends it has begun a transaction, and decides what becomes of it.
    run(lent)
else:
    with migrate.db.engine.connect().execution_options(lodge_write=True) as connection:
        _RUN[connection.dialect.name](connection)
    prepare_logs()
