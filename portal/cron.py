"""When something runs again, as five fields by the clock of a zone: `0 6 * * 1-5`.

Minute, hour, day of the month, month, weekday (0 and 7 are Sunday). As in cron, a day has to fit
one of day and weekday where both are given.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_NAMES = {
    "month": {name: number for number, name in enumerate(_MONTHS, 1)},
    "weekday": {name: number for number, name in enumerate(_WEEKDAYS)},
}
_RANGES = {
    "minute": range(60),
    "hour": range(24),
    "day": range(1, 32),
    "month": range(1, 13),
    "weekday": range(8),
}
# From one 29 February to the next there may be eight years.
_DAYS = 8 * 366 + 1


class CronError(ValueError):
    """`code` says what is wrong: "cron_fields", "cron_value", "cron_too_often" or "cron_never"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Cron:
    """One minute of some hours of some days; so it is never due twice within an hour."""

    minute: int
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    # Sunday is 0.
    weekdays: frozenset[int]
    # Whether a day has to fit the weekday or the day of the month, not both.
    either: bool

    @classmethod
    def parse(cls, text: str) -> "Cron":
        """Raises CronError."""
        words = text.lower().split()
        if len(words) != len(_RANGES):
            raise CronError("cron_fields")
        found = {name: _values(name, word) for name, word in zip(_RANGES, words, strict=True)}
        if len(found["minute"]) != 1:
            raise CronError("cron_too_often")
        cron = cls(
            minute=min(found["minute"]),
            hours=tuple(sorted(found["hour"])),
            days=found["day"],
            months=found["month"],
            weekdays=frozenset(number % 7 for number in found["weekday"]),
            either=not words[2].startswith("*") and not words[4].startswith("*"),
        )
        if not any(cron._fits(day) for day in _days_from(date(2024, 1, 1))):
            raise CronError("cron_never")
        return cron

    def next_run(self, after: datetime, zone: ZoneInfo) -> datetime:
        """The first run after that moment."""
        for day in _days_from(after.astimezone(zone).date()):
            if self._fits(day):
                for hour in self.hours:
                    # A time that is left out in spring comes at the end of what was left out.
                    moment = datetime.combine(day, time(hour, self.minute), zone).astimezone(UTC)
                    if moment > after:
                        return moment
        raise CronError("cron_never")

    def _fits(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        fits = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return any(fits) if self.either else all(fits)


def _days_from(day: date) -> Iterator[date]:
    return (day + timedelta(number) for number in range(_DAYS))


def _values(name: str, word: str) -> frozenset[int]:
    return frozenset(number for part in word.split(",") for number in _part(name, part))


def _part(name: str, word: str) -> range:
    """`*`, `5`, `1-5`, each with `/2` or without."""
    span, slash, step_text = word.partition("/")
    step = _number(step_text) if slash else 1
    if span == "*":
        first, last = _RANGES[name][0], _RANGES[name][-1]
    else:
        first_text, dash, last_text = span.partition("-")
        first = _named(name, first_text)
        last = _named(name, last_text) if dash else _RANGES[name][-1] if slash else first
    if not step or first > last or {first, last} - set(_RANGES[name]):
        raise CronError("cron_value")
    return range(first, last + 1, step)


def _named(name: str, word: str) -> int:
    found = _NAMES.get(name, {}).get(word)
    return _number(word) if found is None else found


def _number(word: str) -> int:
    if not (word.isascii() and word.isdigit() and len(word) <= 2):
        raise CronError("cron_value")
    return int(word)
