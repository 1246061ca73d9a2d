"""Statements that change rows without loading them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Delete, Dialect, Update
from sqlalchemy.dialects import postgresql, sqlite

from portal.extensions import db

_Insertion = tuple[str, list[tuple[int, Callable[[Any], Any]]]]


def execute_bulk(statement: Update | Delete, *, follow: bool = False) -> int:
    """Execute the statement and return how many rows it changed or deleted.

    Loaded objects keep their old values unless `follow` is set, which costs more.
    """
    synchronize = "auto" if follow else False
    done: Any = db.session.execute(statement.execution_options(synchronize_session=synchronize))
    return int(done.rowcount)


def changed_one(statement: Update | Delete, *, follow: bool = False) -> bool:
    """Execute the statement; True when it changed exactly one row.

    Of several transactions that try the same change, one gets True.
    """
    return execute_bulk(statement, follow=follow) == 1


@cache
def upsert(
    model: Any,
    dialect: str,
    *,
    key: tuple[str, ...],
    replaced: tuple[str, ...] = (),
    added: tuple[str, ...] = (),
    raised: str = "",
) -> Any:
    """An INSERT that updates rows whose unique `key` exists.

    Existing rows take the new values of the columns in `replaced`, and add those in `added` to what
    they have. With `raised` they change only where that column grows, and take its value. Cached:
    building takes longer than executing.
    """
    table = model.__table__
    statement = _insert(dialect, table)
    values = {name: statement.excluded[name] for name in replaced}
    values |= {name: table.c[name] + statement.excluded[name] for name in added}
    grows = None
    if raised:
        values[raised] = statement.excluded[raised]
        grows = table.c[raised] < statement.excluded[raised]
    return statement.on_conflict_do_update(index_elements=key, set_=values, where=grows)


def insert_tuples(
    connection: Connection, table: Any, names: tuple[str, ...], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert rows of values in the order of `names`; other columns get what the database says.

    For rows that come by the hundred all the time: SQLAlchemy's work for each costs twice what
    SQLite does to write it and five indexes.
    """
    text, converters = _insertion(connection.dialect, table, names)
    columns: list[Iterable[Any]] = list(zip(*rows, strict=True))
    for at, convert in converters:
        columns[at] = map(convert, columns[at])
    connection.exec_driver_sql(text, list(zip(*columns, strict=True)))


@cache
def _insertion(dialect: Dialect, table: Any, names: tuple[str, ...]) -> _Insertion:
    """The statement, and converters of values by place; most need none."""
    places = ", ".join(["?" if dialect.name == "sqlite" else "%s"] * len(names))
    kinds = [table.c[name].type.dialect_impl(dialect) for name in names]
    converters = [
        (at, convert)
        for at, kind in enumerate(kinds)
        if (convert := kind.bind_processor(dialect)) is not None
    ]
    text = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({places})"  # noqa: S608 - names
    return text, converters


def insert_missing(model: Any, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert rows whose keys do not exist yet; return how many were inserted.

    Waits for concurrent transactions that insert the same keys.
    """
    connection, table = db.session.connection(), model.__table__
    statement = _insert(connection.dialect.name, table).on_conflict_do_nothing()
    # Not by `rowcount`, which is unknown for several rows on PostgreSQL.
    return len(connection.execute(statement.returning(*table.primary_key), rows).all())


def _insert(dialect: str, table: Any) -> Any:
    return (postgresql if dialect == "postgresql" else sqlite).insert(table)
