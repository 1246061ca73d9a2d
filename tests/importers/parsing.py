"""Parses rows without a file."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from portal.importers.columns import find_system, map_columns
from portal.importers.dates import DateOrder, DateReader
from portal.importers.fields import Field
from portal.importers.rows import RowParser
from portal.importers.words import Words
from portal.services.tickets.importing.import_rows import ImportedTicket


def parser(
    *header: str,
    columns: Mapping[str, Field] | None = None,
    words: Mapping[Field, Mapping[str, str]] | None = None,
    order: DateOrder | None = None,
    **more: Any,
) -> RowParser:
    """The parser of a table with that header."""
    system = find_system(header, mapped=bool(columns))
    return RowParser(
        columns=map_columns(header, system, columns or {}),
        words=Words(system, words or {}),
        dates=DateReader(UTC, order),
        source=more.pop("source", system.name),
        **more,
    )


def parsed(row: Mapping[str, str], **options: Any) -> ImportedTicket:
    """A row as a ticket, its columns named by its keys."""
    return parser(*row, **options).parse(list(row.values()))
