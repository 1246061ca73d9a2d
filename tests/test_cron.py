"""When something runs again by five fields."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.cron import Cron, CronError

MOSCOW, BERLIN = ZoneInfo("Europe/Moscow"), ZoneInfo("Europe/Berlin")
FRIDAY = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


def runs(text: str, count: int = 3, zone: ZoneInfo = MOSCOW, after: datetime = FRIDAY) -> list[str]:
    cron, found = Cron.parse(text), []
    for _ in range(count):
        after = cron.next_run(after, zone)
        found.append(f"{after.astimezone(zone):%a %d.%m. %H:%M}")
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 6 * * *", ["Sat 28.11. 06:00", "Sun 29.11. 06:00", "Mon 30.11. 06:00"]),
        ("30 */8 * * *", ["Fri 27.11. 16:30", "Sat 28.11. 00:30", "Sat 28.11. 08:30"]),
        ("0 9 * * mon-fri", ["Mon 30.11. 09:00", "Tue 01.12. 09:00", "Wed 02.12. 09:00"]),
        ("0 9 * * 7", ["Sun 29.11. 09:00", "Sun 06.12. 09:00", "Sun 13.12. 09:00"]),
        ("0 9 * * 5-7/2", ["Sun 29.11. 09:00", "Fri 04.12. 09:00", "Sun 06.12. 09:00"]),
        ("15 7,19 1 * *", ["Tue 01.12. 07:15", "Tue 01.12. 19:15", "Fri 01.01. 07:15"]),
        # As in cron: the first, and Mondays.
        ("0 0 1 * 1", ["Mon 30.11. 00:00", "Tue 01.12. 00:00", "Mon 07.12. 00:00"]),
        ("0 0 29 2 *", ["Tue 29.02. 00:00", "Sun 29.02. 00:00", "Fri 29.02. 00:00"]),
        ("0 16-23/3 * DEC *", ["Tue 01.12. 16:00", "Tue 01.12. 19:00", "Tue 01.12. 22:00"]),
    ],
)
def test_it_runs_when_it_says(text: str, expected: list[str]) -> None:
    assert runs(text) == expected


def test_a_clock_that_is_put_forward_or_back_costs_no_run_and_doubles_none() -> None:
    spring = datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert runs("30 2 * * *", 3, BERLIN, spring) == [
        "Sun 29.03. 03:30",
        "Mon 30.03. 02:30",
        "Tue 31.03. 02:30",
    ]
    autumn = datetime(2026, 10, 24, 12, tzinfo=UTC)
    assert runs("30 2 * * *", 2, BERLIN, autumn) == ["Sun 25.10. 02:30", "Mon 26.10. 02:30"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "cron_fields"),
        ("daily", "cron_fields"),
        ("0 6 * *", "cron_fields"),
        ("0 6 * * * *", "cron_fields"),
        ("* 6 * * *", "cron_too_often"),
        ("*/30 * * * *", "cron_too_often"),
        ("0,1 6 * * *", "cron_too_often"),
        ("60 6 * * *", "cron_value"),
        ("0 24 * * *", "cron_value"),
        ("0 6 0 * *", "cron_value"),
        ("0 6 32 * *", "cron_value"),
        ("0 6 * 13 *", "cron_value"),
        ("0 6 * * 8", "cron_value"),
        ("0 6 * * fri-mon", "cron_value"),
        ("0 */0 * * *", "cron_value"),
        ("0 6- * * *", "cron_value"),
        ("0 -6 * * *", "cron_value"),
        ("0 6,, * * *", "cron_value"),
        ("0 ٦ * * *", "cron_value"),
        ("0 6 * foo *", "cron_value"),
        ("0 6 mon * *", "cron_value"),
        ("0 99999999999999999999 * * *", "cron_value"),
        ("0 6 30 2 *", "cron_never"),
        ("0 6 31 4,6,9,11 *", "cron_never"),
    ],
)
def test_nonsense_is_refused_with_what_is_wrong(text: str, code: str) -> None:
    with pytest.raises(CronError) as refused:
        Cron.parse(text)
    assert refused.value.code == code


field = st.text(alphabet="0123456789*/-, adefijmnopruvy", max_size=7)


@given(st.lists(field, min_size=4, max_size=6).map(" ".join))
def test_whatever_is_typed_is_refused_or_runs_once_an_hour_at_most(text: str) -> None:
    try:
        cron = Cron.parse(text)
    except CronError:
        return
    first = cron.next_run(FRIDAY, BERLIN)
    assert first > FRIDAY
    assert cron.next_run(first, BERLIN) - first >= timedelta(hours=1)
