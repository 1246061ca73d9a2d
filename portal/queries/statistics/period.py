"""Ranges of days: those that a page offers, and any other. No database here."""

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from portal.errors import Invalid

# Longer than any desk is old; keeps what is read and drawn within bounds.
MAX_DAYS = 3660
_DAY = timedelta(days=1)
# Up to so many days are shown one by one, and up to so many week by week.
_BY_DAY, _BY_WEEK = 45, 200


class Preset(StrEnum):
    """Ranges that end today."""

    TODAY = "today"
    WEEK = "7d"
    MONTH = "30d"
    QUARTER = "90d"
    YEAR = "365d"

    @property
    def days(self) -> int:
        return 1 if self is Preset.TODAY else int(self.value[:-1])


class Step(StrEnum):
    """What one column of a chart stands for."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Period(NamedTuple):
    """From `first` to `last`, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Period":
        """As many days before it; of a whole month the month before."""
        if self.first.day == 1 and self.last == _last_day(self.first, Step.MONTH):
            return Period((self.first - _DAY).replace(day=1), self.first - _DAY)
        return Period(self.first - self.days * _DAY, self.first - _DAY)

    @property
    def step(self) -> Step:
        """The step that gives a chart that can be read."""
        if self.days <= _BY_DAY:
            return Step.DAY
        return Step.WEEK if self.days <= _BY_WEEK else Step.MONTH

    def each_day(self) -> Iterator[date]:
        return (self.first + number * _DAY for number in range(self.days))

    def parts(self, step: Step) -> Iterator["Period"]:
        """The period cut at the beginnings of weeks (Mondays) or months."""
        first = self.first
        while first <= self.last:
            last = min(_last_day(first, step), self.last)
            yield Period(first, last)
            first = last + _DAY

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last

    def __str__(self) -> str:
        """As the search language has it."""
        one = self.first == self.last
        return self.first.isoformat() if one else f"{self.first}..{self.last}"


def _last_day(day: date, step: Step) -> date:
    if step is Step.WEEK:
        return day + timedelta(days=6 - day.weekday())
    if step is Step.MONTH:
        return (day.replace(day=1) + timedelta(days=31)).replace(day=1) - _DAY
    return day


def preset(word: Preset, today: date) -> Period:
    return Period(today - timedelta(days=word.days - 1), today)


def parse(since: str, until: str, *, today: date) -> Period:
    """The period between two ISO dates; none of them is the usual one. Raises Invalid by field.

    One alone begins or ends a period that is as long as the usual one, or ends today.
    """
    usual = preset(Preset.MONTH, today)
    last = _date("to", until) or today
    first = _date("from", since) or (last - timedelta(days=usual.days - 1))
    if last < first:
        raise Invalid(to="before_from")
    if (last - first).days >= MAX_DAYS:
        raise Invalid(**{"from": "too_long_range"})
    return Period(first, last)


def _date(field: str, text: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Invalid(**{field: "no_date"}) from None
    if not 1970 <= day.year <= 2199:
        raise Invalid(**{field: "no_date"})
    return day
