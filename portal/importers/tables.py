"""Reads a CSV file of any size as records, whatever its encoding, separator and line ends."""

import csv
import io
import re
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TextIO, TypeAlias

from portal.importers.encodings import find_encoding
from portal.importers.problems import UnreadableTable
from portal.importers.separators import find_separator, named_separator

MAX_COLUMNS = 5_000
MAX_CELL = 16 * 1024 * 1024
_MAX_RECORD = 64 * 1024 * 1024
_START = 1 << 16
# Records between two looks at how much has been read.
_WATCHED = 1000
Watch: TypeAlias = Callable[[int], object]
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")


class TableFormat(NamedTuple):
    """How the file is written. `names_separator`: its first line is Excel's `sep=;`."""

    encoding: str
    separator: str
    names_separator: bool = False


class Record(NamedTuple):
    """The cells of one record, which begins in that line."""

    line: int
    cells: list[str]


@dataclass(frozen=True)
class Table:
    """A CSV file whose first record names the columns."""

    path: Path
    format: TableFormat
    header: list[str]

    def records(self, watch: Watch | None = None) -> Iterator[Record]:
        """All records but the first and empty ones. Raises UnreadableTable.

        `watch` is told now and then how many bytes have been read.
        """
        records = _records(self.path, self.format, watch)
        next(records, None)
        return records


def open_table(
    path: Path, *, encoding: str | None, separator: str | None, known: Container[str]
) -> Table:
    """Look at the file and read its first record; what is not given is found out.

    `known` are normal names of columns. Raises UnreadableTable.
    """
    try:
        encoding = encoding or find_encoding(path)
        form = _format(path, encoding, separator, known)
    except OSError as problem:
        raise UnreadableTable(f"cannot be read: {problem.strerror}") from None
    except UnicodeError:
        raise UnreadableTable(f"is not a text in {encoding}; say --encoding") from None
    header = next(_records(path, form), None)
    if header is None:
        raise UnreadableTable("is empty")
    _check_header(header.cells)
    return Table(path, form, [" ".join(name.split()) for name in header.cells])


def _format(path: Path, encoding: str, separator: str | None, known: Container[str]) -> TableFormat:
    with path.open(encoding=encoding, newline="") as stream:
        first = stream.readline(_START)
        named = named_separator(first)
        start = stream.read(_START) if named else first + stream.read(_START)
    return TableFormat(encoding, separator or named or find_separator(start, known), bool(named))


def _check_header(names: list[str]) -> None:
    if len(names) > MAX_COLUMNS:
        raise UnreadableTable(f"has {len(names)} columns; {MAX_COLUMNS} are the most")
    if any(_CONTROLS.search(name) for name in names):
        raise UnreadableTable(
            "is not a CSV file: its first line holds control characters; or say --encoding"
        )


def _records(path: Path, form: TableFormat, watch: Watch | None = None) -> Iterator[Record]:
    try:
        with (
            path.open("rb") as file,
            io.TextIOWrapper(file, encoding=form.encoding, newline="") as stream,
        ):
            for number, record in enumerate(_Reader(stream, form)):
                if watch is not None and number % _WATCHED == 0:
                    watch(file.tell())
                yield record
    except OSError as problem:
        raise UnreadableTable(f"cannot be read: {problem.strerror}") from None


class _Reader:
    """Bounded in memory: neither a line nor a record may be longer than a limit."""

    def __init__(self, stream: TextIO, form: TableFormat) -> None:
        self._stream, self._form = stream, form
        self._line = self._first = 0
        self._size = 0

    def __iter__(self) -> Iterator[Record]:
        csv.field_size_limit(MAX_CELL)
        lines = self._lines()
        if self._form.names_separator:
            next(lines)
        reader = csv.reader(lines, delimiter=self._form.separator, strict=True)
        while True:
            self._first, self._size = self._line + 1, 0
            try:
                cells = next(reader, None)
            except csv.Error as problem:
                raise UnreadableTable(self._explained(str(problem))) from None
            except UnicodeError:
                raise UnreadableTable(self._undecodable()) from None
            if cells is None:
                return
            if cells:
                yield Record(self._first, cells)

    def _lines(self) -> Iterator[str]:
        while line := self._stream.readline(MAX_CELL + 2):
            self._line += 1
            self._size += len(line)
            if len(line) > MAX_CELL or self._size > _MAX_RECORD:
                raise csv.Error("larger")
            yield line

    def _explained(self, problem: str) -> str:
        record = f"is not a CSV file: the record that begins in line {self._first}"
        if "end of data" in problem:
            return f"{record} has a quote that is never closed"
        if "larger" in problem:
            return f"{record} has a cell of more than {MAX_CELL} characters; is a quote missing?"
        return (
            f"{record} has text behind a closing quote in line {self._line}; a quote inside a "
            "quoted cell is written twice"
        )

    def _undecodable(self) -> str:
        return (
            f"is not a text in {self._form.encoding}, which it looked like up to line "
            f"{self._line + 1}; say --encoding"
        )
