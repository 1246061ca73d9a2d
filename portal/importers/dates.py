"""Reads dates as other desks write them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from enum import Enum, auto

_TIME = (
    r"(?:(?:,?\s+|T)(?P<hour>\d{1,2})(?:[:.](?P<minute>\d\d))(?:[:.](?P<second>\d\d)(?:[.,]\d+)?)?"
    r"(?:\s*(?P<half>[ap])\.?m\.?)?)?"
    r"\s*(?P<zone>Z|UTC|GMT|(?:UTC|GMT)?[+-]\d\d:?\d\d)?"
)
_ISO = re.compile(r"(?P<year>\d{4})[-/.](?P<month>\d\d?)[-/.](?P<day>\d\d?)" + _TIME, re.I | re.A)
_NUMBERS = re.compile(
    r"(?P<one>\d\d?)(?P<mark>[-/.])(?P<two>\d\d?)(?P=mark)(?P<year>\d{4}|\d\d)" + _TIME, re.I | re.A
)
_MONTH = r"(?P<name>[^\W\d_]{3,12})\.?"
_BETWEEN = r"(?:\s*[-/.,]\s*|\s+)"
_YEAR = r"(?P<year>(?a:\d{4}|\d\d))"
_DAY = r"(?P<day>(?a:\d\d?))(?:st|nd|rd|th)?"
_NAMED = (
    re.compile(rf"(?:\w+,\s*)?{_DAY}{_BETWEEN}{_MONTH}{_BETWEEN}{_YEAR}{_TIME}", re.I),
    re.compile(rf"(?:\w+,\s*)?{_MONTH}\s+{_DAY},?\s+{_YEAR}{_TIME}", re.I),
)
# How months begin in English, German, French, Spanish, Portuguese, Italian and Russian.
_MONTHS = {
    1: "jan ene gen янв",
    2: "feb fév fev фев",
    3: "mar mär maer мар",
    4: "apr abr avr апр",
    5: "may mai mag мая май",
    6: "jun juin giu июн",
    7: "jul juil lug июл",
    8: "aug aoû ago авг",
    9: "sep set сен",
    10: "oct okt out ott окт",
    11: "nov ноя",
    12: "dec dez déc dic дек",
}
_STARTS = {start: month for month, starts in _MONTHS.items() for start in starts.split()}
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)$", re.A)
_MAX_LENGTH = 60
_OLDEST_YEAR = 1970
# Two digits above these are of the last century.
_LAST_OF_CENTURY = 69


class DateOrder(Enum):
    """How 03/04/2026 is read."""

    DAY_FIRST = auto()
    MONTH_FIRST = auto()


@dataclass(frozen=True)
class DateReader:
    """Reads dates; those without an offset are in `zone`."""

    zone: tzinfo
    order: DateOrder | None = None

    def read(self, text: str) -> datetime:
        """Raises ValueError with what is wrong, to follow the text."""
        parts = _parts(text)
        if parts is None:
            raise ValueError("is no date such as 2026-11-30 14:05 or 30/Nov/26 2:05 PM")
        if "one" in parts:
            parts |= self._ordered(parts)
        try:
            return _moment(parts, self.zone)
        except ValueError:
            raise ValueError("is no date of the calendar since 1970") from None

    def _ordered(self, parts: Mapping[str, str]) -> dict[str, str]:
        order = DateOrder.DAY_FIRST if parts["mark"] == "." else self.order
        if order is DateOrder.DAY_FIRST:
            return {"day": parts["one"], "month": parts["two"]}
        if order is DateOrder.MONTH_FIRST:
            return {"day": parts["two"], "month": parts["one"]}
        raise ValueError("may be read in two ways; say --day-first or --month-first")


class DateOrderFinder:
    """Finds the order of day and month by looking at all dates of a file."""

    def __init__(self) -> None:
        self._evident: dict[DateOrder, str] = {}
        self._open: str | None = None

    def look(self, text: str) -> None:
        """Take a date into account; anything else is none of its business."""
        parts = _parts(text)
        if parts is None or "one" not in parts or parts["mark"] == ".":
            return
        one, two = int(parts["one"]), int(parts["two"])
        if one <= 12 and two <= 12:
            self._open = self._open or text
        else:
            order = DateOrder.DAY_FIRST if one > 12 else DateOrder.MONTH_FIRST
            self._evident.setdefault(order, text)

    def order(self) -> DateOrder | None:
        """The order; None when no date depends on it. Raises ValueError when it is not clear."""
        examples = list(self._evident.values())
        if len(examples) == 2:
            raise ValueError(
                f"has dates in two orders, such as {examples[0][:30]} and {examples[1][:30]}; "
                "say --day-first or --month-first, and the others will not be taken"
            )
        if self._open is not None and not self._evident:
            raise ValueError(
                f"has dates such as {self._open[:30]}, which may be read in two ways; "
                "say --day-first or --month-first"
            )
        return next(iter(self._evident), None)


def _parts(text: str) -> dict[str, str] | None:
    text = " ".join(text.split())
    if len(text) > _MAX_LENGTH:
        return None
    for pattern in (_ISO, _NUMBERS, *_NAMED):
        if match := pattern.fullmatch(text):
            return {name: part for name, part in match.groupdict().items() if part is not None}
    return None


def _moment(parts: Mapping[str, str], zone: tzinfo) -> datetime:
    month = _month(parts["name"]) if "name" in parts else int(parts["month"])
    moment = datetime(  # noqa: DTZ001 - the zone comes next
        _year(parts["year"]),
        month,
        int(parts["day"]),
        _hour(parts),
        int(parts.get("minute", 0)),
        int(parts.get("second", 0)),
    )
    return moment.replace(tzinfo=_offset(parts["zone"]) if "zone" in parts else zone)


def _year(digits: str) -> int:
    year = int(digits)
    if len(digits) == 2:
        year += 1900 if year > _LAST_OF_CENTURY else 2000
    if year < _OLDEST_YEAR:
        raise ValueError(year)
    return year


def _month(name: str) -> int:
    word = name.casefold()
    return next((_STARTS[word[:n]] for n in (4, 3) if word[:n] in _STARTS), 0)


def _hour(parts: Mapping[str, str]) -> int:
    hour = int(parts.get("hour", 0))
    if "half" not in parts:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError(hour)
    return hour % 12 + (12 if parts["half"].casefold() == "p" else 0)


def _offset(text: str) -> tzinfo:
    match = _OFFSET.search(text)
    if match is None:
        return UTC
    minutes = int(match[2]) * 60 + int(match[3])
    return timezone(timedelta(minutes=-minutes if match[1] == "-" else minutes))
