"""Tables are read as they were written, or refused with one sentence."""

import csv
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.importers import tables
from portal.importers.lodge import COLUMNS
from portal.importers.problems import UnreadableTable
from portal.importers.tables import open_table
from tests.importers.table_files import Quoting, csv_text, opened, read

HEADER = ",".join(COLUMNS).encode()
SEPARATORS = (",", ";", "\t", "|")
# What each encoding is tried with, besides letters of ASCII and marks of CSV.
LETTERS = {
    "utf-8": "äß€ыΩ漢🙂",
    "utf-8-sig": "äß€ыΩ漢🙂",
    "utf-16": "äß€ыΩ漢🙂",
    "utf-16-le": "äß€ыΩ漢🙂",
    "utf-16-be": "äß€ыΩ漢🙂",
    "windows-1252": "äöüßéèñ",
    "windows-1251": "абвеийнорст",
}
WORDS = {"windows-1252": "größer häuser", "windows-1251": "привет всем"}


def written(path: Path, text: str, encoding: str) -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@given(st.data(), st.sampled_from(sorted(LETTERS)), st.sampled_from(SEPARATORS))
def test_a_table_reads_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, encoding: str, separator: str
) -> None:
    line_end = data.draw(st.sampled_from(["\r\n", "\n", "\r"]))
    quoting = data.draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    # A writer that quotes what has to be quoted knows no line ends but its own.
    inside = line_end if quoting == csv.QUOTE_MINIMAL else "\r\n"
    alphabet = f"abc ,;|\t\"'=-{inside}{LETTERS[encoding]}"
    cell = st.text(alphabet, max_size=8)
    row = st.lists(cell, min_size=8, max_size=8)
    # Encodings of a byte a letter are known by their words.
    words = [WORDS.get(encoding, "x")] * 8
    rows = [list(COLUMNS), words, *data.draw(st.lists(row, max_size=5))]
    text = csv_text(rows, separator=separator, line_end=line_end, quoting=quoting)
    path = tmp_path_factory.getbasetemp() / "round_trip.csv"
    table = opened(written(path, text, encoding))
    assert table.format.separator == separator
    assert [table.header, *(record.cells for record in table.records())] == rows


@given(st.binary(max_size=300), st.sampled_from([b"", HEADER + b"\n"]))
def test_any_bytes_are_a_table_or_refused_with_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, before: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any_bytes.csv"
    path.write_bytes(before + content)
    said = ""
    try:
        assert all(record.line > 1 for record in opened(path).records())
    except UnreadableTable as problem:
        said = str(problem)
    assert "\n" not in said


@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("separator", SEPARATORS)
def test_excels_line_with_the_separator_is_not_the_header(
    tmp_path: Path, separator: str, quoting: Quoting
) -> None:
    text = csv_text([["subject", "a,b;c"], ["x", "y"]], separator=separator, quoting=quoting)
    path = written(tmp_path / "excel.csv", f"sep={separator}\r\n{text}", "utf-16")
    table = opened(path)
    assert table.header == ["subject", "a,b;c"]
    assert [(record.line, record.cells) for record in table.records()] == [(3, ["x", "y"])]


def test_records_are_told_by_the_line_in_which_they_begin(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", 'subject,body\r\n"a\nb","c\rd"\n\n\re,f\n', "utf-8")
    assert [(one.line, one.cells) for one in opened(path).records()] == [
        (2, ["a\nb", "c\rd"]),
        (7, ["e", "f"]),
    ]


def test_what_is_said_goes_before_what_is_found(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", "subject;body,x\nпривет;y,z\n", "koi8-r")
    table = open_table(path, encoding="koi8-r", separator=",", known=())
    assert [record.cells for record in table.records()] == [["привет;y", "z"]]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04rest", "is not a CSV file but a spreadsheet"),
        (b"\xd0\xcf\x11\xe0rest", "is not a CSV file but a spreadsheet"),
        (b'{"tickets": []}', "is not a CSV file but JSON"),
        (b"<html>", "is not a CSV file but XML or HTML"),
        (b"subject,\0body\nx,y\n", "first line holds control characters"),
        (HEADER + b'\na,"b,c\n' * 3, "begins in line 2 has text behind a closing quote in line 4"),
        (HEADER + b'\na,b\na,"b', "begins in line 3 has a quote that is never closed"),
        (HEADER + b'\na,"b"c\n', "line 2 has text behind a closing quote in line 2"),
        (b"\xef\xbb\xbf" + HEADER + b"\na\nb\xff\n", "is not a text in utf-8-sig"),
        (b";".join([b"c"] * 10_000), "has 10000 columns; 5000 are the most"),
    ],
    ids=range(11),
)
def test_what_cannot_be_read_is_refused_with_a_sentence(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(UnreadableTable, match=sentence):
        read(path)


@pytest.mark.threat("floods")
def test_neither_a_line_nor_a_record_without_an_end_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "MAX_CELL", 10_000)
    monkeypatch.setattr(tables, "_MAX_RECORD", 40_000)
    for content in (b"x" * 5_000_000, b'"' + b"x\n" * 2_500_000, b'"a\n",' * 1_000_000):
        path = tmp_path / "t.csv"
        path.write_bytes(HEADER + b"\n" + content)
        table = opened(path)
        tracemalloc.start()
        with pytest.raises(UnreadableTable, match="line 2 has a cell of more than 10000"):
            list(table.records())
        assert tracemalloc.get_traced_memory()[1] < 1_500_000
        tracemalloc.stop()


def test_a_cell_of_ten_megabytes_is_a_matter_of_its_row(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(HEADER + b"\na,b\n" + b"x" * 10_000_000 + b",y\n")
    assert [len(record.cells[0]) for record in opened(path).records()] == [1, 10_000_000]
