"""Rows by the million: past SQLAlchemy, and with indexes that are made when all rows are there.

On connections of its own, which have none of the limits that protect pages.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from functools import cache, partial
from operator import itemgetter
from typing import Any

import psycopg
from sqlalchemy import Column, Dialect, Engine, Table
from sqlalchemy.schema import CreateIndex

from portal.extensions import db
from portal.models.tickets import SearchDocument
from tests.bench import search_index

# A model, and rows that have the same columns.
Insert = Callable[[Any, list[dict[str, Any]]], None]
Values = tuple[Any, ...]

_SQLITE_QUICK = (
    # Whoever pulls the plug begins again.
    "PRAGMA journal_mode = OFF",
    "PRAGMA synchronous = OFF",
    "PRAGMA foreign_keys = OFF",
    "PRAGMA cache_size = -500000",
)
_SQLITE_LATER = (
    "SELECT type, name, sql FROM sqlite_master "
    "WHERE type = 'index' AND sql IS NOT NULL OR name = 'search_index_insert'"
)
_SQLITE_SEARCH = f"SELECT sql FROM sqlite_master WHERE name = '{search_index.NAME}'"
_POSTGRESQL_QUICK = (
    # All that rows refer to is there: nobody has to look for it.
    "SET session_replication_role = replica",
    "SET maintenance_work_mem = '1GB'",
    "SET synchronous_commit = off",
)
_POSTGRESQL_LATER = (
    "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' "
    "AND NOT EXISTS (SELECT FROM pg_constraint WHERE conname = indexname)"
)


@contextmanager
def loading(engine: Engine) -> Iterator[Insert]:
    """What inserts into the migrated database at `engine` until the block ends.

    Afterwards it is as one that grew slowly: with its indexes, sequences and statistics.
    """
    engine.dispose()  # nobody else may be there
    kind = _sqlite if engine.dialect.name == "sqlite" else _postgresql
    with kind(engine) as insert:
        yield insert


@contextmanager
def _sqlite(engine: Engine) -> Iterator[Insert]:
    file = engine.url.database or ""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for pragma in _SQLITE_QUICK:
            connection.execute(pragma)
        [search] = connection.execute(_SQLITE_SEARCH).fetchone()
        with search_index.beside(file, search) as index:
            connection.execute("BEGIN")
            later = connection.execute(_SQLITE_LATER).fetchall()
            for kind, name, _ in later:
                connection.execute(f"DROP {kind} {name}")
            yield partial(_insert, connection, engine.dialect, index)
            for _, _, statement in later:
                connection.execute(statement)
            connection.execute("COMMIT")
            index.copy(connection)
        connection.execute("PRAGMA journal_mode = WAL")


def _insert(
    connection: sqlite3.Connection,
    dialect: Dialect,
    index: search_index.SearchIndex,
    model: Any,
    rows: list[dict[str, Any]],
) -> None:
    names, values = _values(model.__table__, dialect, rows)
    places = ", ".join("?" * len(names))
    into = f"{model.__tablename__} ({', '.join(names)})"
    connection.executemany(f"INSERT INTO {into} VALUES ({places})", values)
    if model is SearchDocument:
        index.add(list(map(itemgetter(*search_index.COLUMNS), rows)))


@contextmanager
def _postgresql(engine: Engine) -> Iterator[Insert]:
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as connection:
        for setting in _POSTGRESQL_QUICK:
            connection.execute(setting)
        later = connection.execute(_POSTGRESQL_LATER).fetchall()
        for name, _ in later:
            connection.execute(f"DROP INDEX {name}")

        def insert(model: Any, rows: list[dict[str, Any]]) -> None:
            names, values = _values(model.__table__, engine.dialect, rows)
            into = f"{model.__tablename__} ({', '.join(names)})"
            with connection.cursor().copy(f"COPY {into} FROM STDIN") as copy:
                for row in values:
                    copy.write_row(row)

        yield insert
        for name, definition in later:
            connection.execute(_as_modelled(name, engine.dialect) or definition)
        for table in ("organizations", "users", "tags", "tickets"):
            newest = f"(SELECT max(id) FROM {table})"
            connection.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {newest})")
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")


def _as_modelled(name: str, dialect: Dialect) -> str | None:
    """The statement that makes an index; None for one that no model describes.

    PostgreSQL's own words for the condition of a partial one are not those that it was given.
    """
    for table in db.metadata.tables.values():
        for index in table.indexes:
            if index.name == name:
                return str(CreateIndex(index).compile(dialect=dialect))
    return None


def _values(
    table: Table, dialect: Dialect, rows: list[dict[str, Any]]
) -> tuple[list[str], Iterable[Values]]:
    """The columns that have to be named, and their values as the driver takes them."""
    columns = [c for c in table.columns if c.name in rows[0] or c.default is not None]
    return [c.name for c in columns], zip(
        *(_column(c, dialect, rows) for c in columns), strict=True
    )


def _column(column: Column[Any], dialect: Dialect, rows: list[dict[str, Any]]) -> Iterable[Any]:
    name, convert = column.name, _converter(column, dialect)
    if name in rows[0]:
        given: Iterable[Any] = map(itemgetter(name), rows)
    else:
        given = (_default(column) for _ in rows)
    return given if convert is None else map(convert, given)


def _default(column: Column[Any]) -> Any:
    default: Any = column.default
    return default.arg(None) if default.is_callable else default.arg


@cache
def _converter(column: Column[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    convert: Callable[[Any], Any] | None = column.type.dialect_impl(dialect).bind_processor(dialect)
    return convert
