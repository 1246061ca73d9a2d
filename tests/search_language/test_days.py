from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.search_language.days import Days, parse_days

TODAY = date(2026, 11, 30)


@pytest.mark.parametrize(
    ("text", "first", "end"),
    [
        ("2026-11-01", date(2026, 11, 1), date(2026, 11, 2)),
        ("2026-1-5", date(2026, 1, 5), date(2026, 1, 6)),
        ("31.12.2026", date(2026, 12, 31), date(2027, 1, 1)),
        ("2026-12", date(2026, 12, 1), date(2027, 1, 1)),
        ("2024", date(2024, 1, 1), date(2025, 1, 1)),
        ("Today", TODAY, date(2026, 12, 1)),
        ("yesterday", date(2026, 11, 29), TODAY),
    ],
)
def test_a_word_names_days(text: str, first: date, end: date):
    assert parse_days(text, TODAY) == Days(first, end)


@pytest.mark.parametrize(("text", "days"), [("7d", 7), ("0d", 0), ("2W", 14)])
def test_a_span_ends_today(text: str, days: int):
    found = parse_days(text, TODAY)
    assert found.is_span
    assert (found.end - found.first).days == days + 1
    assert found.end == date(2026, 12, 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2026-13",
        "2026-02-30",
        "0001-01-01",
        "9999",
        "9999-12-31",
        "١٢.١٢.٢٠٢٦",
        "7",
        "d",
    ],
)
def test_what_is_no_day_is_refused(text: str):
    with pytest.raises(ValueError):  # noqa: PT011 - its text is what was typed
        parse_days(text, TODAY)


@given(st.text(st.sampled_from("0123456789-.dw"), max_size=12))
def test_days_are_never_empty(text: str):
    try:
        days = parse_days(text, TODAY)
    except ValueError:
        return
    assert days.first < days.end
