"""Reads an exported table in batches, in the order of ids: no row comes twice, none is skipped."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, func, select

from portal.extensions import db
from portal.models.people import Actor
from portal.queries.operations.export_tables.columns import Cell, Reading
from portal.queries.paging import AnyRow, AnySelect
from portal.queries.people import users

BATCH = 2000


class Scope(NamedTuple):
    """Who asks for which rows: `query` is a filter of the queue, `until` is exclusive."""

    actor: Actor
    query: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def period(self, moment: Any) -> list[ColumnElement[bool]]:
        """The conditions that `moment`, a column, is within the period."""
        conditions = []
        if self.since is not None:
            conditions.append(moment >= self.since)
        if self.until is not None:
            conditions.append(moment < self.until)
        return conditions


class Source(NamedTuple):
    """Statements of a first batch and of those after `after_id`, whose rows begin with the id."""

    first: AnySelect
    rest: AnySelect
    values: Mapping[str, Any]


class Batch(NamedTuple):
    """Some rows, and how far they are, in percent."""

    percent: int
    rows: list[list[Cell]]


Execute = Callable[[AnySelect, Mapping[str, Any]], Sequence[AnyRow]]


def by_id(query: AnySelect, key: Any) -> Source:
    """The source of a query whose rows begin with `key`."""
    ordered = query.order_by(key).limit(bindparam("size"))
    return Source(ordered, ordered.where(key > bindparam("after_id")), {})


def execute(statement: AnySelect, values: Mapping[str, Any]) -> Sequence[AnyRow]:
    return db.session.execute(statement, values).all()


def id_batches(source: Source, size: int, run: Execute = execute) -> Iterator[Sequence[AnyRow]]:
    """The rows of `source` in batches of `size`."""
    rows = run(source.first, {**source.values, "size": size})
    while rows:
        yield rows
        if len(rows) < size:
            return
        rows = run(source.rest, {**source.values, "size": size, "after_id": rows[-1][0]})


def read(source: Source, reading: Reading, top: int, run: Execute = execute) -> Iterator[Batch]:
    """The cells of all rows; `top` is the highest id there is."""
    for rows in id_batches(source, BATCH, run):
        yield Batch(percent(rows[-1][0], top), cells(reading, rows))


def cells(reading: Reading, rows: Sequence[AnyRow]) -> list[list[Cell]]:
    return [reading.cells(row) for row in _named(reading, rows)]


def _named(reading: Reading, rows: Sequence[AnyRow]) -> Sequence[AnyRow]:
    """`rows` with names in the place of ids of people."""
    if not reading.people:
        return rows
    ids = {row[at] for row in rows for at in reading.people} - {None}
    names = users.names(ids)
    named = []
    for row in rows:
        values = list(row)
        for at in reading.people:
            values[at] = names.get(values[at])
        named.append(values)
    return named


def percent(row_id: int, top: int) -> int:
    return min(99, 99 * row_id // max(top, 1))


def highest(key: Any, run: Execute = execute) -> int:
    """The highest id of a table."""
    return run(select(func.max(key)), {})[0][0] or 0
