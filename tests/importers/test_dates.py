"""Dates of all desks are read, and never guessed."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.importers.dates import DateOrder, DateOrderFinder, DateReader

BERLIN = ZoneInfo("Europe/Berlin")
MOMENT = datetime(2026, 11, 12, 9, 5, tzinfo=UTC)
MOMENTS = st.datetimes(
    min_value=datetime(1970, 1, 1),  # noqa: DTZ001 - hypothesis wants them without a zone
    max_value=datetime(2069, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
).map(lambda moment: moment.replace(second=0, microsecond=0))


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-12 09:05",
        "2026-11-12T09:05:00Z",
        "2026-11-12T09:05:00.123456+00:00",
        "2026-11-12 09:05:00 UTC",
        "2026-11-12 10:05:00 +0100",
        "2026/11/12 9:05",
        "12.11.2026 09:05",
        "12.11.26, 09:05",
        "12/Nov/26 9:05 AM",
        "12/Nov./26 9:05 AM",
        "12/ноя/26 9:05 AM",
        "12-nov-2026 09:05",
        "12 November 2026 9:05 a.m.",
        "12. Nov. 2026 09:05",
        "Nov 12, 2026 9:05 AM",
        "November 12th, 2026, 9:05 am",
        "Thu, 12 Nov 2026 09:05:00 GMT",
    ],
)
def test_a_moment_is_read_as_it_is_written(text: str) -> None:
    assert DateReader(UTC).read(text).replace(microsecond=0) == MOMENT


@pytest.mark.parametrize(
    ("text", "hour"),
    [("12/Nov/26 12:05 AM", 0), ("12/Nov/26 12:05 PM", 12), ("12/Nov/26 1:05 PM", 13)],
)
def test_noon_and_midnight_are_told_apart(text: str, hour: int) -> None:
    assert DateReader(UTC).read(text).hour == hour


@pytest.mark.parametrize(
    ("word", "month"),
    [
        ("Januar", 1), ("févr.", 2), ("März", 3), ("abr", 4), ("Mai", 5), ("juin", 6),
        ("juil", 7), ("août", 8), ("set", 9), ("Okt", 10), ("октября", 10), ("dic", 12),
        ("дек", 12),
    ],
)  # fmt: skip
def test_months_are_known_in_the_languages_of_the_desks(word: str, month: int) -> None:
    assert DateReader(UTC).read(f"3/{word}/26").month == month


def test_dates_without_an_offset_are_in_the_given_zone() -> None:
    reader = DateReader(BERLIN)
    assert reader.read("2026-11-12 10:05") == MOMENT
    assert reader.read("2026-07-12 11:05") == datetime(2026, 7, 12, 9, 5, tzinfo=UTC)
    assert reader.read("2026-11-12 09:05Z") == MOMENT
    assert reader.read("2026-11-12").hour == 0


def test_numbers_are_read_in_the_order_that_is_known() -> None:
    for order, month in ((DateOrder.DAY_FIRST, 4), (DateOrder.MONTH_FIRST, 3)):
        assert DateReader(UTC, order).read("03/04/2026").month == month
    with pytest.raises(ValueError, match="two ways; say --day-first or --month-first"):
        DateReader(UTC).read("03/04/2026")


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "2026-13-01",
        "31/Feb/26",
        "2026-11-12 25:00",
        "12/Nov/26 13:00 PM",
        "1/Foo/26",
        "0001-01-01",
        "1969-12-31",
        "١٢/Nov/26",
        "2026-11-12 09:05 CET",
        "9" * 5000,
        "12/13",
    ],
)
def test_what_is_no_date_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="is no date"):
        DateReader(UTC, DateOrder.DAY_FIRST).read(text)


@given(MOMENTS, st.sampled_from(["%d/%m/%Y %H:%M", "%m/%d/%y %I:%M %p", "%Y-%m-%dT%H:%M:00%z"]))
def test_any_moment_reads_back(moment: datetime, form: str) -> None:
    order = DateOrder.DAY_FIRST if form.startswith("%d") else DateOrder.MONTH_FIRST
    assert DateReader(UTC, order).read(moment.strftime(form)) == moment


@given(MOMENTS, st.integers(-14 * 60, 14 * 60))
def test_any_offset_is_kept(moment: datetime, minutes: int) -> None:
    there = moment.astimezone(timezone(timedelta(minutes=minutes)))
    assert DateReader(BERLIN).read(there.strftime("%Y-%m-%d %H:%M %z")) == moment


@given(st.text(max_size=70))
def test_any_text_is_a_date_or_said_to_be_none(text: str) -> None:
    said = ""
    try:
        assert DateReader(UTC).read(text).tzinfo is not None
    except ValueError as problem:
        said = str(problem)
    assert not said or "is no date" in said or "two ways" in said


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["03/04/26", "13/04/26"], DateOrder.DAY_FIRST),
        (["03/04/26", "04/13/26 9:05 PM"], DateOrder.MONTH_FIRST),
        (["2026-11-12", "12/Nov/26", "12.11.2026", "never", ""], None),
    ],
)
def test_the_order_is_found_by_looking_at_all_dates(
    texts: list[str], order: DateOrder | None
) -> None:
    finder = DateOrderFinder()
    for text in texts:
        finder.look(text)
    assert finder.order() is order


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        (["03/04/26"], "dates such as 03/04/26, which may be read in two ways"),
        (["13/04/26", "04/13/26"], "dates in two orders, such as 13/04/26 and 04/13/26"),
    ],
)
def test_an_order_that_is_not_clear_is_asked_for(texts: list[str], sentence: str) -> None:
    finder = DateOrderFinder()
    for text in texts:
        finder.look(text)
    with pytest.raises(ValueError, match=sentence):
        finder.order()
