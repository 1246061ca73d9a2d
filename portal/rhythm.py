"""When something runs again: each day, week or month at an hour by the clock of a zone.

What was missed is made up once, with the last run that was due.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class Every(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True)
class Rhythm:
    """When it runs. `weekday` counts from Monday and is of weekly ones; monthly is on the first."""

    every: Every
    hour: int
    weekday: int = 0

    def next_run(self, after: datetime, zone: ZoneInfo) -> datetime:
        """The first run after that moment."""
        day = self._first_day(after.astimezone(zone).date())
        while (run := self._on(day, zone)) <= after:
            day = self._day_after(day)
        return run

    def last_run(self, by: datetime, due: datetime, zone: ZoneInfo) -> datetime:
        """The last run from `due` on that is not after `by`."""
        run = due
        while (following := self.next_run(run, zone)) <= by:
            run = following
        return run

    def days(self, run: datetime, zone: ZoneInfo) -> tuple[date, date]:
        """The whole day, week or month before that run: its first day, and the day after it."""
        today = run.astimezone(zone).date()
        if self.every is Every.MONTH:
            end = today.replace(day=1)
            return (end - timedelta(1)).replace(day=1), end
        if self.every is Every.WEEK:
            end = today - timedelta(today.weekday())
            return end - timedelta(7), end
        return today - timedelta(1), today

    def period(self, run: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """When those days begin and end."""
        midnights = (datetime.combine(day, time(), zone) for day in self.days(run, zone))
        since, until = (moment.astimezone(UTC) for moment in midnights)
        return since, until

    def _on(self, day: date, zone: ZoneInfo) -> datetime:
        return datetime.combine(day, time(self.hour), zone).astimezone(UTC)

    def _first_day(self, day: date) -> date:
        if self.every is Every.MONTH:
            return day.replace(day=1)
        if self.every is Every.WEEK:
            return day - timedelta((day.weekday() - self.weekday) % 7)
        return day

    def _day_after(self, day: date) -> date:
        if self.every is Every.MONTH:
            return (day.replace(day=28) + timedelta(4)).replace(day=1)
        return day + timedelta(7 if self.every is Every.WEEK else 1)
