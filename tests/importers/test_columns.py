"""Columns are named, ignored or refused, and rows fitted to them."""

import pytest

from portal.importers.columns import find_system, map_columns
from portal.importers.fields import Field
from portal.importers.lodge import COLUMNS
from portal.importers.problems import UnreadableTable

FRESHDESK = ["Ticket ID", "Created time", "Subject", "Status", "Team", "Team "]


def test_names_are_compared_without_case_and_spaces() -> None:
    columns = map_columns(
        ["TICKET  id", "created TIME", " Subject"],
        find_system(["ticket id", "created time"], mapped=False),
        {},
    )
    assert [field for _name, field in columns.understood] == [
        Field.NUMBER,
        Field.CREATED_AT,
        Field.SUBJECT,
    ]


def test_what_the_operator_says_goes_before_what_a_desk_means() -> None:
    system = find_system(FRESHDESK, mapped=True)
    given = {"team": Field.QUEUE, "STATUS": Field.IGNORE}
    columns = map_columns(FRESHDESK, system, given)
    assert columns.positions[Field.QUEUE] == [4, 5]
    assert Field.STATUS not in columns.positions
    assert columns.ignored == ["Status"]


def test_repeated_columns_give_all_their_cells_or_the_first_that_says_something() -> None:
    header = ["Issue key", "Summary", "Comment", "Comment", "Comment"]
    columns = map_columns(header, find_system(header, mapped=False), {})
    row = ["IT-1", "x", "", "one", "two"]
    assert [cell.text for cell in columns.cells(row, Field.NOTE)] == ["one", "two"]
    assert columns.cell(row, Field.NOTE).text == "one"


@pytest.mark.parametrize(
    ("header", "given", "sentence"),
    [
        (["name", "age"], {}, "has columns that are no known desk's: 'name', 'age'; say --from"),
        (["name", "age"], {"nam": Field.SUBJECT}, "has no column 'nam'; it has 'name', 'age'"),
        (["name", "age"], {"name": Field.TYPE}, "has no column with subject or message"),
        (["Ticket ID", "Agent"], {}, "has no column with subject or message"),
        ([*COLUMNS, "secret"], {}, "the first line has columns too many: 'secret'"),
        ([*COLUMNS, "Body"], {}, "the first line has columns too many: 'body'"),
        (COLUMNS[:-1], {}, "the first line lacks columns: tags"),
        ([f"c{n}" for n in range(100)], {}, "'c19' and 80 more"),
    ],
)
def test_a_header_that_is_not_understood_is_told(
    header: list[str], given: dict[str, Field], sentence: str
) -> None:
    with pytest.raises(UnreadableTable, match=sentence):
        map_columns(header, find_system(header, mapped=bool(given)), given)


def test_our_own_table_may_have_a_column_that_is_left_out_on_purpose() -> None:
    header = [*COLUMNS, "secret"]
    given = {"secret": Field.IGNORE}
    assert map_columns(header, find_system(header, mapped=True), given).ignored == ["secret"]


@pytest.mark.parametrize(
    ("cells", "fitted"),
    [
        (["1", "2026-11-12", "x"], ["1", "2026-11-12", "x", "", "", ""]),
        (["1", "2026-11-12", "x", "", "", "", "", ""], ["1", "2026-11-12", "x", "", "", ""]),
        (["1", "2026-11-12"], None),
        (["1", "2026-11-12", "x", "", "", "", "more"], None),
    ],
)
def test_empty_cells_at_the_end_may_be_missing_or_too_many(
    cells: list[str], fitted: list[str] | None
) -> None:
    columns = map_columns(FRESHDESK, find_system(FRESHDESK, mapped=False), {})
    if fitted is not None:
        assert columns.complete(cells) == fitted
        return
    with pytest.raises(ValueError, match=f"{len(cells)} fields instead of 6"):
        columns.complete(cells)


def test_columns_without_a_name_are_none() -> None:
    header = [*COLUMNS, "", ""]
    assert not map_columns(header, find_system(header, mapped=False), {}).ignored


def test_our_own_table_has_all_cells_in_each_row() -> None:
    columns = map_columns(COLUMNS, find_system(COLUMNS, mapped=False), {})
    with pytest.raises(ValueError, match="7 fields instead of 8"):
        columns.complete(["x"] * 7)
