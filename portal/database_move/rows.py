"""Rows of a table as both databases read and write them, in pieces by their primary key."""

import hashlib
import json
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    Connection,
    Date,
    Insert,
    Table,
    Text,
    bindparam,
    cast,
    insert,
    select,
    tuple_,
)

from portal.models.base import UtcDateTime

Row = tuple[Any, ...]
Key = tuple[Any, ...]
# Rows that are read and written at once.
BATCH = 500
_SIZE = 16
_MODULUS = 1 << (8 * _SIZE)


def columns_of(table: Table) -> list[Any]:
    """Those that are stored, in their order; a database makes computed ones itself."""
    return [column for column in table.columns if column.computed is None]


def key_of(table: Table, row: Row) -> Key:
    """The values of the primary key."""
    names = [column.name for column in columns_of(table)]
    return tuple(row[names.index(column.name)] for column in table.primary_key)


def read(
    connection: Connection, table: Table, after: Key | None, limit: int | None = None
) -> Sequence[Row]:
    """Up to `limit` rows (BATCH) with a greater key, in the order of the key.

    JSON is text here, so that NULL and the value null stay two things.
    """
    keys = list(table.primary_key)
    found = select(*_read_columns(table)).order_by(*keys).limit(limit or BATCH)
    if after is not None:
        bound = [
            bindparam(None, value, type_=key.type) for key, value in zip(keys, after, strict=True)
        ]
        found = found.where(tuple_(*keys) > tuple_(*bound))
    return [tuple(row) for row in connection.execute(found)]


def write(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows as `read` gave them."""
    names = [column.name for column in columns_of(table)]
    given = [dict(zip(names, row, strict=True)) for row in rows]
    connection.execute(_insert(table, connection.dialect.name), given)


def digest(table: Table, rows: Sequence[Row]) -> int:
    """A sum over the hashes of the rows: equal for equal rows, in whichever order."""
    is_json = [isinstance(column.type, JSON) for column in columns_of(table)]
    return sum(_hash(row, is_json) for row in rows) % _MODULUS


def add(one: int, other: int) -> int:
    """The digest of two lots of rows together."""
    return (one + other) % _MODULUS


def encode_key(key: Key) -> str:
    """The key as text, for where the move has come to."""
    return json.dumps([v.isoformat() if isinstance(v, date) else v for v in key])


def decode_key(table: Table, text: str) -> Key:
    """What `encode_key` made."""
    made: list[Any] = []
    for column, value in zip(table.primary_key, json.loads(text), strict=True):
        if isinstance(column.type, UtcDateTime):
            made.append(datetime.fromisoformat(value))
        elif isinstance(column.type, Date):
            made.append(date.fromisoformat(value))
        else:
            made.append(value)
    return tuple(made)


@cache
def _read_columns(table: Table) -> list[Any]:
    return [
        cast(column, Text).label(column.name) if isinstance(column.type, JSON) else column
        for column in columns_of(table)
    ]


@cache
def _insert(table: Table, dialect: str) -> Insert:
    values: dict[str, Any] = {}
    for column in columns_of(table):
        is_json = isinstance(column.type, JSON)
        value = bindparam(column.name, type_=Text() if is_json else column.type)
        # SQLite has JSON as text, and would make numbers of what is cast to it.
        values[column.name] = cast(value, JSON) if is_json and dialect != "sqlite" else value
    return insert(table).values(values)


def _hash(row: Row, is_json: Sequence[bool]) -> int:
    plain = [
        _plain(_parsed(value) if as_json else value)
        for value, as_json in zip(row, is_json, strict=True)
    ]
    text = "\x1f".join(plain).encode(errors="surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=_SIZE).digest())


def _parsed(text: str | None) -> object:
    """JSON as what it says, since databases differ in blanks; SQLite may hold what is none."""
    try:
        return None if text is None else [json.loads(text)]
    except ValueError:
        return text


def _plain(value: object) -> str:
    """A value as text, with its kind, and alike from both databases."""
    match value:
        case None:
            return "-"
        case bool():
            return f"i{int(value)}"
        case date():
            return f"t{value.isoformat()}"
        case bytes():
            return f"b{value.hex()}"
        case dict() | list():
            return f"j{json.dumps(value, sort_keys=True)}"
        case _:
            return f"{type(value).__name__[0]}{value!r}"
