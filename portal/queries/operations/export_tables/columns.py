"""Columns of exported tables, and how their cells are made of what was read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any, TypeAlias

from portal.i18n import LazyText
from portal.queries.paging import AnyRow

Cell: TypeAlias = str | int | bool | Decimal | datetime | None
Make = Callable[..., Cell]


@dataclass(frozen=True)
class Column:
    """`reads` are columns of the database; `make` makes the cell of them, without it the first is.

    Those that are not `usual` have to be chosen. `is_person`: it reads an id, which is exchanged
    for the name.
    """

    name: str
    label: LazyText
    reads: tuple[Any, ...]
    make: Make | None = None
    usual: bool = True
    is_person: bool = False


def by_name(*columns: Column) -> Mapping[str, Column]:
    return {column.name: column for column in columns}


class Reading:
    """Which columns a statement reads for `columns`, after the id, and the cells of its rows."""

    def __init__(self, columns: Sequence[Column]) -> None:
        reads: dict[Any, Any] = {}
        for column in columns:
            reads |= {read.key: read for read in column.reads}
        self.columns = tuple(reads.values())
        at = {key: place for place, key in enumerate(reads, 1)}
        self._makers = [
            _maker(column, [at[read.key] for read in column.reads]) for column in columns
        ]
        self.people = [at[column.reads[0].key] for column in columns if column.is_person]

    def cells(self, row: AnyRow) -> list[Cell]:
        return [make(row) for make in self._makers]


def _maker(column: Column, places: Sequence[int]) -> Callable[[AnyRow], Cell]:
    make = column.make
    if make is None:
        return itemgetter(places[0])
    if len(places) == 1:
        (place,) = places
        return lambda row: make(row[place])
    read = itemgetter(*places)
    return lambda row: make(*read(row))


def or_nobody(make: Make) -> Make:
    """`make`, but for nobody, whose columns are all NULL: an empty cell."""
    return lambda *values: None if values[-1] is None else make(*values)
