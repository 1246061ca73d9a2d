"""Tally: the numbers of a period, of the one before, and of now. No database here."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from portal.models.statistics import Dimension, Measure
from portal.queries.statistics import durations
from portal.queries.statistics.period import Period

# By value. A value that tickets do not have is an empty text.
Values = Counter[str]
Sums = dict[tuple[Measure, Dimension], Values]
Days = Mapping[tuple[Measure, date], int]
# Ages of unsolved tickets in days, the youngest first: up to so many, and at last any.
AGES = (0, 3, 7, 30, 90)
_EVER = date(1970, 1, 1)


def ages(today: date) -> list[Period]:
    """The days on which tickets of each age were filed."""
    found = []
    last = today
    for days in AGES:
        first = today - timedelta(days=days)
        found.append(Period(first, last))
        last = first - timedelta(days=1)
    return [*found, Period(_EVER, last)]


@dataclass(frozen=True)
class OnHand:
    """Unsolved tickets of somebody, and the day on which the oldest was filed."""

    tickets: int = 0
    oldest: date | None = None


@dataclass(frozen=True)
class Tally:
    """Numbers of tickets: `people` and `on_hand` by assignee, whom 0 stands for nobody."""

    sums: Sums = field(default_factory=dict)
    # Totals and durations alone.
    before: Sums = field(default_factory=dict)
    days: Days = field(default_factory=dict)
    people: Mapping[int, Sums] = field(default_factory=dict)
    on_hand: Mapping[int, OnHand] = field(default_factory=dict)
    # The ids of those that have filed most.
    organizations: Mapping[int, int] = field(default_factory=dict)
    # At the end of the period, and of the one before.
    backlog: int = 0
    backlog_before: int = 0
    # As `ages` has them.
    ages: tuple[int, ...] = ()


def values(sums: Sums, measure: Measure, dimension: Dimension) -> Values:
    return sums.get((measure, dimension)) or Counter()


def total(sums: Sums, measure: Measure) -> int:
    return values(sums, measure, Dimension.TOTAL)[""]


def percentile(sums: Sums, measure: Measure, share: float) -> int | None:
    """The step (`durations`) of that share; None without any."""
    steps = values(sums, measure, Dimension.DURATION)
    return durations.percentile({int(step): number for step, number in steps.items()}, share)


def within(days: Days, measure: Measure, period: Period) -> int:
    """How many of `days` are in the period."""
    return sum(number for (one, day), number in days.items() if one is measure and day in period)
