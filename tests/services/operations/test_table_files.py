"""Tables as files: what was written is read back, and no spreadsheet runs any of it."""

import csv
import io
import tracemalloc
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from portal.models.operations import FileFormat
from portal.services.operations import table_files
from portal.services.operations.table_files import Cell, pieces, plain_text

NAMES = ("number", "subject")
# What a program that reads tables makes of both formats is text without these.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
RISKY = [
    "=1+1",
    "+7 999 123-45-67",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
    "'=1",
    "''-",
]


class Rows(NamedTuple):
    percent: int
    rows: Sequence[Sequence[Cell]]


def file_of(format_: FileFormat, *rows: Sequence[Cell]) -> bytes:
    return b"".join(piece.data for piece in pieces(format_, NAMES, [Rows(99, rows)]))


def read_csv(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def read_xlsx(data: bytes) -> list[list[Any]]:
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
    return [list(row) for sheet in book for row in sheet.iter_rows(values_only=True)]


@given(st.lists(st.tuples(TEXT, TEXT), max_size=5))
@example([(text, text) for text in RISKY])
@example([('"', "a,b;c"), ("line\r\nline", ""), ("'", "'a"), ("\ufeffа", "ё")])
def test_csv_is_read_back_as_it_was(rows: list[tuple[str, str]]) -> None:
    head, *lines = read_csv(file_of(FileFormat.CSV, *rows))
    assert head == list(NAMES)
    assert [[plain_text(cell) for cell in line] for line in lines] == [list(row) for row in rows]


@given(TEXT)
@example("＝1+1")
def test_no_cell_of_csv_begins_like_a_formula(text: str) -> None:
    [_head, [cell, _]] = read_csv(file_of(FileFormat.CSV, (text, "")))
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))


@settings(max_examples=40)
@given(st.lists(st.tuples(TEXT, TEXT), max_size=5))
@example([(text, text) for text in RISKY])
@example([("_x", "https://example.com"), ("{=1}", "1"), (" a ", "a\tb")])
def test_a_workbook_is_read_back_as_text(rows: list[tuple[str, str]]) -> None:
    _head, *lines = read_xlsx(file_of(FileFormat.XLSX, *rows))
    assert [[cell or "" for cell in line] for line in lines] == [
        [in_xml(cell) for cell in row] for row in rows
    ]


def in_xml(text: str) -> str:
    """What XML can hold of a text; its lines end with one character."""
    kept = (c for c in text if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff"))
    return "".join(kept).replace("\r\n", "\n").replace("\r", "\n")


MOMENT = datetime(2026, 11, 30, 16, 53, 12, 400_000, UTC)


@pytest.mark.parametrize(
    ("cell", "as_csv", "as_xlsx"),
    [
        (None, "", None),
        (7, "7", 7),
        (-7, "-7", -7),
        (True, "true", True),
        (False, "false", False),
        (MOMENT, "2026-11-30T16:53:12Z", datetime(2026, 11, 30, 16, 53, 12)),  # noqa: DTZ001
    ],
)
def test_numbers_words_and_moments_keep_their_kind(cell: Cell, as_csv: str, as_xlsx: Any) -> None:
    assert read_csv(file_of(FileFormat.CSV, (cell, "x")))[1] == [as_csv, "x"]
    assert read_xlsx(file_of(FileFormat.XLSX, (cell, "x")))[1] == [as_xlsx, "x"]


def test_no_cell_of_a_workbook_is_a_formula_or_a_link() -> None:
    data = file_of(FileFormat.XLSX, ("=HYPERLINK(1)", "https://evil.example"))
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert sheet is not None
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} == {"s"}
    assert not any(cell.hyperlink for row in sheet.iter_rows() for cell in row)


def test_what_is_too_long_for_a_cell_of_a_workbook_is_cut_there_alone() -> None:
    long = "я" * 40_000
    assert read_csv(file_of(FileFormat.CSV, (long, "")))[1][0] == long
    assert read_xlsx(file_of(FileFormat.XLSX, (long, "")))[1][0] == long[:32_767]


def test_what_is_no_text_at_all_is_left_out() -> None:
    assert read_csv(file_of(FileFormat.CSV, ("a\ud800b", "")))[1][0] == "ab"
    assert read_xlsx(file_of(FileFormat.XLSX, ("a\ud800b\x0c", "")))[1][0] == "ab"


def test_a_full_sheet_goes_on_in_the_next_with_the_same_head(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(table_files, "MAX_SHEET_ROWS", 3)
    book = openpyxl.load_workbook(
        io.BytesIO(file_of(FileFormat.XLSX, *((n, "x") for n in range(5))))
    )
    found = [[row[0] for row in sheet.iter_rows(values_only=True)] for sheet in book]
    assert found == [["number", 0, 1], ["number", 2, 3], ["number", 4]]


@pytest.mark.parametrize("format_", FileFormat)
def test_a_table_without_rows_has_a_head(format_: FileFormat) -> None:
    read = {FileFormat.CSV: read_csv, FileFormat.XLSX: read_xlsx}[format_]
    assert read(file_of(format_)) == [list(NAMES)]


@pytest.mark.parametrize("format_", FileFormat)
def test_ten_times_the_rows_take_no_more_memory(format_: FileFormat) -> None:
    def batches(number: int) -> Iterator[Rows]:
        for _ in range(number):
            yield Rows(1, [[n, f"Subject {n}"] for n in range(500)])

    def peak(number: int) -> int:
        tracemalloc.start()
        for _piece in pieces(format_, NAMES, batches(number)):
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(1)  # what is imported
    assert peak(20) < 1.5 * peak(2)
