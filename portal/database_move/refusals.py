"""What a database would refuse of another's rows, found before anything is copied.

SQLite takes any text and number into any column; PostgreSQL holds to their lengths and sizes.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Integer, SmallInteger, String, Table

from portal.database_move.rows import Row, columns_of, encode_key, key_of


class Refusal(NamedTuple):
    """A value of the old database that the new one cannot hold."""

    table: str
    key: str
    column: str
    reason: str

    def __str__(self) -> str:
        return f"{self.table} {self.key}: {self.column} {self.reason}"


def refusals(table: Table, rows: Sequence[Row], dialect: str) -> Iterator[Refusal]:
    """The values that a database of that kind refuses."""
    if dialect != "postgresql":
        return
    columns = columns_of(table)
    for row in rows:
        for column, value in zip(columns, row, strict=True):
            if value is not None and (reason := _problem(column.type, value)):
                yield Refusal(table.name, encode_key(key_of(table, row)), column.name, reason)


def _problem(kind: Any, value: object) -> str:
    """Why PostgreSQL refuses the value; empty when it does not."""
    if isinstance(value, str):
        if "\0" in value:
            return "has a zero byte"
        if isinstance(kind, Integer):
            return "is text, not a number"
        if isinstance(kind, String) and kind.length is not None and len(value) > kind.length:
            return f"has {len(value)} characters, and {kind.length} is the most"
        return ""
    if isinstance(kind, String):
        return "is no text"
    if isinstance(kind, Integer) and not isinstance(value, bool):
        return _problem_of_number(kind, value)
    return ""


def _problem_of_number(kind: Integer, value: object) -> str:
    if not isinstance(value, int):
        return "is no whole number"
    bits = 63 if isinstance(kind, BigInteger) else 15 if isinstance(kind, SmallInteger) else 31
    return "" if -(2**bits) <= value < 2**bits else f"is {value}: too large"
