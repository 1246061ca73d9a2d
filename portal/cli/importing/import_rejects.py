"""Rows that an import has not taken: shown, and written to a file that can be mended."""

import csv
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import click

from portal.importers.columns import REPORT_COLUMNS
from portal.importers.tables import Record, Table

_SHOWN = 100
# Different problems that are counted, and those that are shown of them.
_COUNTED, _FREQUENT = 1000, 5


class Rejects:
    """Shows the first problems on stderr at the end, and writes all to `file` as they come.

    The file is written as the table is, with line and problem in front, and can be imported.
    """

    def __init__(self, table: Table, file: Path | None) -> None:
        self.count = 0
        self._table, self._file = table, file
        self._shown: list[str] = []
        self._problems: Counter[str] = Counter()
        self._stream: IO[str] | None = None
        self._writer: Any = None

    def __enter__(self) -> "Rejects":
        if self._file is not None:
            self._open(self._file)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._stream is not None:
            with self._refusing():
                self._stream.close()

    def add(self, record: Record, problem: str) -> None:
        """Keep a row that was not taken, and why."""
        self.count += 1
        if len(self._shown) < _SHOWN:
            self._shown.append(f"line {record.line}: {problem}")
        if problem in self._problems or len(self._problems) < _COUNTED:
            self._problems[problem] += 1
        if self._writer is not None:
            with self._refusing():
                self._writer.writerow([record.line, problem, *self._own(record.cells)])

    def show(self) -> None:
        """Print the first problems, and the most frequent ones when there are more."""
        for line in self._shown:
            click.echo(line, err=True)
        if self.count > _SHOWN:
            click.echo(f"… and {self.count - _SHOWN} more", err=True)
            for problem, number in self._problems.most_common(_FREQUENT):
                click.echo(f"Not taken {number} times: {problem}")

    def _open(self, file: Path) -> None:
        if file.exists() and file.samefile(self._table.path):
            raise click.ClickException(f"{file} is the file that is imported")
        form = self._table.format
        with self._refusing():
            # It holds what customers wrote.
            number = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            self._stream = open(  # noqa: SIM115 - closed by __exit__
                number, "w", encoding=form.encoding, newline="", errors="backslashreplace"
            )
        self._writer = csv.writer(self._stream, delimiter=form.separator)
        self._writer.writerow([*REPORT_COLUMNS, *self._own(self._table.header)])

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except OSError as problem:
            raise click.ClickException(
                f"{self._file} cannot be written: {problem.strerror}"
            ) from None

    def _own(self, cells: list[str]) -> list[str]:
        """Cells without those that an earlier list of rejects has put in front."""
        again = tuple(self._table.header[: len(REPORT_COLUMNS)]) == REPORT_COLUMNS
        return cells[len(REPORT_COLUMNS) :] if again else cells
