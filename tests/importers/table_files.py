"""Writes tables as other programs do."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from portal.importers.columns import KNOWN_NAMES
from portal.importers.tables import Table, open_table

Quoting = Literal[0, 1, 2]


def csv_text(
    rows: Sequence[Sequence[str]],
    *,
    separator: str = ",",
    line_end: str = "\r\n",
    quoting: Quoting = csv.QUOTE_MINIMAL,
) -> str:
    """The rows as text."""
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=separator, lineterminator=line_end, quoting=quoting).writerows(
        rows
    )
    return stream.getvalue()


def opened(path: Path, *, encoding: str | None = None, separator: str | None = None) -> Table:
    """The table as the command opens it."""
    return open_table(path, encoding=encoding, separator=separator, known=KNOWN_NAMES)


def read(path: Path) -> list[list[str]]:
    """Header and records."""
    table = opened(path)
    return [table.header, *(record.cells for record in table.records())]
