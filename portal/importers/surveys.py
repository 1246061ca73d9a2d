"""Reads a whole table once before anything is imported: whether it can be read, and how."""

from typing import NamedTuple

from portal.importers.columns import ColumnMap
from portal.importers.dates import DateOrder, DateOrderFinder
from portal.importers.problems import UnreadableTable
from portal.importers.tables import Table, Watch


class Survey(NamedTuple):
    """The number of rows, and how numbers in dates are ordered; None when none depends on it."""

    rows: int
    order: DateOrder | None


def survey(
    table: Table, columns: ColumnMap, order: DateOrder | None, watch: Watch | None = None
) -> Survey:
    """Read all records; the order of dates is found when it is not given.

    `watch` is told how many bytes have been read. Raises UnreadableTable.
    """
    finder, rows = DateOrderFinder(), 0
    for record in table.records(watch):
        rows += 1
        if order is None:
            _look(finder, columns, record.cells)
    try:
        return Survey(rows, order or finder.order())
    except ValueError as problem:
        raise UnreadableTable(str(problem)) from None


def _look(finder: DateOrderFinder, columns: ColumnMap, cells: list[str]) -> None:
    try:
        row = columns.complete(cells)
    except ValueError:
        return  # told with the row
    for text in columns.texts_with_dates(row):
        finder.look(text)
