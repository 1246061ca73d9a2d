"""When something runs again, and of which days."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal.rhythm import Every, Rhythm

BERLIN = ZoneInfo("Europe/Berlin")
MONDAYS = Rhythm(Every.WEEK, hour=7, weekday=0)
DAYS, MONTHS = Rhythm(Every.DAY, hour=7), Rhythm(Every.MONTH, hour=7)


def berlin(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=BERLIN).astimezone(UTC)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("rhythm", "after", "run"),
    [
        (MONDAYS, (2026, 11, 30, 6), (2026, 11, 30, 7)),
        (MONDAYS, (2026, 11, 30, 7), (2026, 12, 7, 7)),
        (MONDAYS, (2026, 12, 2, 12), (2026, 12, 7, 7)),
        (DAYS, (2026, 12, 31, 8), (2027, 1, 1, 7)),
        (MONTHS, (2026, 12, 1, 7), (2027, 1, 1, 7)),
        (MONTHS, (2027, 1, 31, 7), (2027, 2, 1, 7)),
        # Over the change to summer time, and to winter time: always seven by the clock.
        (DAYS, (2026, 3, 28, 7), (2026, 3, 29, 7)),
        (DAYS, (2026, 10, 24, 7), (2026, 10, 25, 7)),
        (MONDAYS, (2026, 3, 23, 7), (2026, 3, 30, 7)),
    ],
)
def test_it_runs_at_its_hour_by_the_clock_of_the_desk(
    rhythm: Rhythm, after: tuple[int, ...], run: tuple[int, ...]
) -> None:
    assert rhythm.next_run(berlin(*after), BERLIN) == berlin(*run)


def test_an_hour_that_summer_time_leaves_out_or_repeats_comes_once() -> None:
    nights = Rhythm(Every.DAY, hour=2)
    for begin in (datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC)):
        runs = [begin]
        for _ in range(3):
            runs.append(nights.next_run(runs[-1], BERLIN))
        days = [run.astimezone(BERLIN).date() for run in runs[1:]]
        assert len(set(days)) == 3


@pytest.mark.parametrize(
    ("rhythm", "run", "since", "until"),
    [
        (MONDAYS, (2026, 11, 30, 7), (2026, 11, 23), (2026, 11, 30)),
        (Rhythm(Every.WEEK, 7, 2), (2026, 12, 2, 7), (2026, 11, 23), (2026, 11, 30)),
        (DAYS, (2026, 3, 30, 7), (2026, 3, 29), (2026, 3, 30)),
        (MONTHS, (2026, 3, 1, 7), (2026, 2, 1), (2026, 3, 1)),
        (MONTHS, (2027, 1, 1, 7), (2026, 12, 1), (2027, 1, 1)),
    ],
)
def test_it_takes_the_whole_day_week_or_month_before(
    rhythm: Rhythm, run: tuple[int, ...], since: tuple[int, ...], until: tuple[int, ...]
) -> None:
    assert rhythm.period(berlin(*run), BERLIN) == (berlin(*since), berlin(*until))


def test_a_day_of_summer_time_has_its_23_hours() -> None:
    since, until = DAYS.period(berlin(2026, 3, 30, 7), BERLIN)
    assert until - since == timedelta(hours=23)
