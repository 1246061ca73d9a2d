"""Days as one types them: `2026-11-01`, `01.11.2026`, `2026-11`, `2026`, `today`, `7d`, `2w`."""

import re
from datetime import date, timedelta
from typing import NamedTuple

_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)
_MONTH = re.compile(r"(\d{4})-(\d{1,2})", re.ASCII)
_YEAR = re.compile(r"\d{4}", re.ASCII)
_SPAN = re.compile(r"(\d{1,4})([dw])", re.ASCII)
_WORDS = {"today": 0, "yesterday": 1}
# A desk has no tickets beyond, and no time zone leads out of what Python can count.
_YEARS = range(1900, 2200)


class Days(NamedTuple):
    """From `first` to the day before `end`.

    A span ends today, and stands for its first day where days are compared.
    """

    first: date
    end: date
    is_span: bool = False


def parse_days(text: str, today: date) -> Days:
    """The days that `text` names. Raises ValueError."""
    text = text.lower()
    if (ago := _WORDS.get(text)) is not None:
        return _one(today - timedelta(days=ago))
    if match := _SPAN.fullmatch(text):
        length = int(match[1]) * (7 if match[2] == "w" else 1)
        return Days(today - timedelta(days=length), today + timedelta(days=1), is_span=True)
    if match := _DAY.fullmatch(text):
        return _one(_date(*map(int, match.groups())))
    if match := _DAY_FIRST.fullmatch(text):
        return _one(_date(*map(int, reversed(match.groups()))))
    if match := _MONTH.fullmatch(text):
        first = _date(int(match[1]), int(match[2]), 1)
        return Days(first, (first + timedelta(days=31)).replace(day=1))
    if _YEAR.fullmatch(text):
        first = _date(int(text), 1, 1)
        return Days(first, first.replace(year=first.year + 1))
    raise ValueError(text)


def _one(day: date) -> Days:
    return Days(day, day + timedelta(days=1))


def _date(year: int, month: int, day: int) -> date:
    if year not in _YEARS:
        raise ValueError(year)
    return date(year, month, day)
