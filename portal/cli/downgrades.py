"""What a downgrade of the schema deletes: it is done in a transaction and rolled back."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, column, func, inspect, select, table

from portal.extensions import db

# Rows of a table, and how many values each of its columns has.
_Content = dict[str, tuple[int, dict[str, int]]]
# Derived data: the search index, and the schema's revision.
_DERIVED = ("search_index", "alembic_version", "sqlite_")


def losses(config: Any, revision: str) -> list[str]:
    """A line for each table or column that goes and for rows, the largest first.

    Raises alembic's CommandError.
    """
    from alembic import command

    with quiet_alembic(), _rolled_back_transaction() as connection:
        before = _content(connection)
        config.attributes["connection"] = connection
        try:
            command.downgrade(config, revision)
        finally:
            del config.attributes["connection"]
        gone = sorted(_differences(before, _content(connection)), key=lambda pair: -pair[0])
        return [line for _count, line in gone]


def _differences(before: _Content, after: _Content) -> Iterator[tuple[int, str]]:
    for name, (rows, columns) in sorted(before.items()):
        if name not in after:
            yield rows, f"the table {name} with {rows} row(s)"
            continue
        left, known = after[name]
        for lost in sorted(columns.keys() - known.keys()):
            yield columns[lost], f"the column {name}.{lost} with {columns[lost]} value(s)"
        if left < rows:
            yield rows - left, f"{rows - left} row(s) of {name}"


def _content(connection: Connection) -> _Content:
    found = {}
    inspector = inspect(connection)
    for name in inspector.get_table_names():
        if name.startswith(_DERIVED):
            continue
        columns = [known["name"] for known in inspector.get_columns(name)]
        counts = [func.count(column(one)) for one in columns]
        rows, *values = connection.execute(
            select(func.count(), *counts).select_from(table(name, *map(column, columns)))
        ).one()
        found[name] = (rows, dict(zip(columns, values, strict=True)))
    return found


@contextmanager
def _rolled_back_transaction() -> Iterator[Connection]:
    """A transaction that is rolled back, without foreign keys on SQLite, as in migrations."""
    with db.engine.connect().execution_options(lodge_write=True) as connection:
        on_sqlite = connection.dialect.name == "sqlite"
        driver: Any = connection.connection.dbapi_connection
        if on_sqlite:
            driver.execute("PRAGMA foreign_keys = OFF")
        try:
            with connection.begin() as transaction:
                if not on_sqlite:
                    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
                    connection.exec_driver_sql("SET LOCAL lock_timeout = '10s'")
                yield connection
                transaction.rollback()
        finally:
            if on_sqlite:
                driver.execute("PRAGMA foreign_keys = ON")


@contextmanager
def quiet_alembic() -> Iterator[None]:
    """Keep alembic from logging that a migration runs."""
    logger = logging.getLogger("alembic.runtime.migration")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)
