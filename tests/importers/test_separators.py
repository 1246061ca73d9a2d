"""The separator is the one that shows the columns."""

import pytest

from portal.importers.columns import KNOWN_NAMES
from portal.importers.separators import find_separator, named_separator


@pytest.mark.parametrize(
    ("start", "separator"),
    [
        ("subject,body\n", ","),
        ("subject;body\n", ";"),
        ("Subject\tBody\n", "\t"),
        ("subject|body", "|"),
        ('"subject";"body, and more"\n"a,b";"c,d"\n', ";"),
        ("Ticket ID;Created time, local;Agent\n", ";"),
        ("Titel;Text;Kunde, Firma\na;b;c\nd;e;f\n", ";"),
        ("Titel,Text;Kunde,x\na,b;c,d\n", ","),
        ("subject\nbody;body;body\n", ","),
        ("", ","),
        ('"never closed;,', ","),
    ],
)
def test_columns_that_are_known_decide_then_rows_of_one_length(start: str, separator: str) -> None:
    assert find_separator(start, KNOWN_NAMES) == separator


def test_excel_names_the_separator_in_a_line_of_its_own() -> None:
    assert named_separator("sep=;\r\n") == named_separator('"sep=;"\n') == ";"
    assert named_separator("sep=\t") == "\t"
    assert named_separator("sep=x\n") is named_separator("september;sep=;\n") is None
