"""Tables as files: CSV and XLSX, written piece by piece in constant memory.

A spreadsheet takes a cell of CSV that begins with certain characters for a formula, and runs it.
Such a cell gets an apostrophe before it, and so does one that would be taken for that afterwards,
so that `plain_text` has the way back. In XLSX a text is a text, whatever it begins with.
"""

import csv
import io
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import IO, Any, NamedTuple, Protocol, TypeAlias

from portal.models.operations import FileFormat

Cell: TypeAlias = str | int | bool | Decimal | datetime | None
_CHUNK = 256 * 1024
# With this at its beginning Excel reads UTF-8 as UTF-8.
_BOM = "\ufeff"
_RISKY = re.compile(r"'*[=+\-@\t\r\n\0\uff0b\uff0d\uff1d\uff20]")
# What XML cannot hold, and what no UTF-8 is made of.
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NOT_IN_UTF8 = re.compile("[\ud800-\udfff]")
_DATES = "yyyy-mm-dd hh:mm:ss"
MAX_SHEET_ROWS = 1_048_576


class Batch(Protocol):
    """Some rows, and how far they are, in percent."""

    @property
    def percent(self) -> int: ...
    @property
    def rows(self) -> Sequence[Sequence[Cell]]: ...


class Piece(NamedTuple):
    """Some bytes of the file, how many rows are in it so far, and the progress in percent."""

    percent: int
    rows: int
    data: bytes


Writer = Callable[[Sequence[str], Iterable[Batch]], Iterator[Piece]]


def pieces(format_: FileFormat, names: Sequence[str], batches: Iterable[Batch]) -> Iterator[Piece]:
    """The whole file, whose first row are the `names` of its columns."""
    return _WRITERS[format_](names, batches)


def plain_text(cell: str) -> str:
    """The text that a cell of CSV was made of."""
    return cell[1:] if cell.startswith("'") and _RISKY.match(cell) else cell


def _csv(names: Sequence[str], batches: Iterable[Batch]) -> Iterator[Piece]:
    buffer = io.StringIO(newline="")
    write = csv.writer(buffer)
    buffer.write(_BOM)
    write.writerow(names)
    yield Piece(0, 0, buffer.getvalue().encode())
    count = 0
    for batch in batches:
        buffer.seek(0)
        buffer.truncate()
        write.writerows([[_csv_cell(cell) for cell in row] for row in batch.rows])
        count += len(batch.rows)
        yield Piece(batch.percent, count, _NOT_IN_UTF8.sub("", buffer.getvalue()).encode())


def _csv_cell(cell: Cell) -> Cell:
    if isinstance(cell, str):
        return f"'{cell}" if _RISKY.match(cell) else cell
    if isinstance(cell, datetime):
        return f"{cell.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return cell


def _xlsx(names: Sequence[str], batches: Iterable[Batch]) -> Iterator[Piece]:
    """The file is complete only at the end, so it is made in a temporary one."""
    with tempfile.TemporaryFile() as file:
        count, percent = 0, 0
        for count, percent in _filled(file, names, batches):
            yield Piece(percent, count, b"")
        file.seek(0)
        while data := file.read(_CHUNK):
            yield Piece(99, count, data)


def _filled(
    file: IO[bytes], names: Sequence[str], batches: Iterable[Batch]
) -> Iterator[tuple[int, int]]:
    """Write a workbook into `file`; yields how many rows it has so far, and the progress."""
    from xlsxwriter import Workbook  # here: only workers that write such a file need it

    count = 0
    with Workbook(file, {"constant_memory": True, "default_date_format": _DATES}) as book:
        sheets = _Sheets(book, names)
        for batch in batches:
            for row in batch.rows:
                sheets.add(row)
            count += len(batch.rows)
            yield count, batch.percent


class _Sheets:
    """The rows of a workbook, which go on in a next sheet where one is full."""

    def __init__(self, book: Any, names: Sequence[str]) -> None:
        self._book = book
        self._names = names
        self._begin()

    def add(self, row: Sequence[Cell]) -> None:
        if self._row == MAX_SHEET_ROWS:
            self._begin()
        for column, cell in enumerate(row):
            self._write(column, cell)
        self._row += 1

    def _begin(self) -> None:
        self._sheet = self._book.add_worksheet()
        self._sheet.freeze_panes(1, 0)
        self._row = 0
        self.add(self._names)

    def _write(self, column: int, cell: Cell) -> None:
        sheet = self._sheet
        if isinstance(cell, str):
            sheet.write_string(self._row, column, _xml_text(cell))
        elif isinstance(cell, datetime):
            naive = cell.astimezone(UTC).replace(tzinfo=None, microsecond=0)
            sheet.write_datetime(self._row, column, naive)
        elif isinstance(cell, bool):
            sheet.write_boolean(self._row, column, cell)
        elif cell is not None:
            sheet.write_number(self._row, column, cell)


def _xml_text(text: str) -> str:
    """What XML can hold of `text`. What is too long for a cell, the library cuts."""
    return _NOT_IN_XML.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


_WRITERS: Mapping[FileFormat, Writer] = {FileFormat.CSV: _csv, FileFormat.XLSX: _xlsx}
