"""Copies a table, and compares it. What was copied is committed with the key that it came to."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError, OperationalError

from portal.database_move import MoveError, rows, state
from portal.database_move.addresses import OLD, errors_of, first_line
from portal.database_move.rows import Row

Progress = Callable[[int], object]


class Contents(NamedTuple):
    """How many rows, and the sum of their hashes."""

    rows: int
    digest: int


def copy_table(source: Connection, target: Connection, table: Table, progress: Progress) -> None:
    """Copy what is not there yet. `progress` is told of each lot of rows. Raises MoveError."""
    with target.begin():
        known = state.get(target, state.of_table(table))
    after = None if known is None else rows.decode_key(table, known)
    while found := read_rows(source, table, after, OLD):
        after = rows.key_of(table, found[-1])
        try:
            with target.begin():
                rows.write(target, table, found)
                state.put(target, state.of_table(table), rows.encode_key(after))
        except DBAPIError as error:
            if isinstance(error, OperationalError) or error.connection_invalidated:
                raise
            raise MoveError(_named(target, table, found, error)) from None
        progress(len(found))


def contents(connection: Connection, table: Table, what: str, progress: Progress) -> Contents:
    """What the table holds; `what` is the name of the database. Raises MoveError."""
    count = digest = 0
    after = None
    while found := read_rows(connection, table, after, what):
        after = rows.key_of(table, found[-1])
        count += len(found)
        digest = rows.add(digest, rows.digest(table, found))
        progress(len(found))
    return Contents(count, digest)


def read_rows(
    connection: Connection, table: Table, after: rows.Key | None, what: str
) -> Sequence[Row]:
    """The next rows of the database called `what`.

    Raises MoveError, with the place when one of them cannot be read.
    """
    with errors_of(what):
        try:
            return rows.read(connection, table, after)
        except (ValueError, TypeError, OverflowError, DBAPIError) as error:
            if not _is_of_a_row(error):
                raise
        place, words = _first_unreadable(connection, table, after)
        raise MoveError(f"{what}: {table.name}, the row after {place}, cannot be read: {words}")


def _first_unreadable(
    connection: Connection, table: Table, after: rows.Key | None
) -> tuple[str, str]:
    """The key before the row that cannot be read, and why not."""
    try:
        while found := rows.read(connection, table, after, 1):
            after = rows.key_of(table, found[0])
    except (ValueError, TypeError, OverflowError, DBAPIError) as error:
        words = first_line(error) if isinstance(error, DBAPIError) else str(error)
        return "the beginning" if after is None else rows.encode_key(after), words
    return "the last", "it could be read a moment later"


def _is_of_a_row(error: Exception) -> bool:
    """SQLite says of text that is not UTF-8 what it says of a file that cannot be opened."""
    if not isinstance(error, OperationalError):
        return True
    return "decode" in str(error.orig)


def _named(target: Connection, table: Table, found: Sequence[Row], error: DBAPIError) -> str:
    """Which of the rows the database refuses, and why."""
    for row in found:
        try:
            with target.begin() as trial:
                rows.write(target, table, [row])
                trial.rollback()
        except DBAPIError as same:
            key = rows.encode_key(rows.key_of(table, row))
            return f"the new database refuses {table.name} {key}: {first_line(same)}"
    return f"the new database refuses rows of {table.name}: {first_line(error)}"
