"""The numbers of some tickets, counted by their facts when somebody asks."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from operator import attrgetter
from typing import Any

from sqlalchemy import func, or_, select

from portal.models.statistics import Dimension, Measure, TicketFact
from portal.models.tickets import Rating
from portal.queries.paging import AnyRow
from portal.queries.statistics import durations
from portal.queries.statistics.kept import MOST_ORGANIZATIONS
from portal.queries.statistics.narrowing import Narrowing
from portal.queries.statistics.period import Period
from portal.queries.statistics.tally import OnHand, Sums, Tally, Values, ages
from portal.queries.time_limit import fetch_in_time

_Fact = TicketFact
_DAYS = {
    Measure.FILED: "filed_on",
    Measure.ANSWERED: "answered_on",
    Measure.SOLVED: "solved_on",
    Measure.REOPENED: "reopened_on",
    Measure.GOOD: "rated_on",
    Measure.BAD: "rated_on",
}
_SECONDS = {Measure.ANSWERED: "answer_seconds", Measure.SOLVED: "solution_seconds"}
_RATINGS = {Measure.GOOD: Rating.GOOD, Measure.BAD: Rating.BAD}
_KINDS = {
    Dimension.STATUS: "status",
    Dimension.PRIORITY: "priority",
    Dimension.CHANNEL: "channel",
    Dimension.TYPE: "type",
    Dimension.DEPARTMENT: "department",
    Dimension.LANGUAGE: "language",
    Dimension.ASSIGNEE: "assignee_id",
}

# Of which a ticket may have several, with spaces between them.
_SEVERAL = {Dimension.TAG: "tags", Dimension.PRODUCT: "products"}


def tally(narrowing: Narrowing, period: Period, today: date) -> Tally:
    """The numbers of the tickets of `narrowing`. Raises TooBroad where that takes too long."""
    rows = _rows(narrowing, period)
    unsolved = _unsolved(narrowing)
    happened = {measure: _happened(rows, measure, period) for measure in _DAYS}
    before = {measure: _happened(rows, measure, period.before) for measure in _DAYS}
    return Tally(
        sums=_sums(happened, kinds=True),
        before=_sums(before),
        days=_days(happened),
        people=_people(happened, {of for of, _day in unsolved}),
        on_hand=_on_hand(unsolved),
        organizations=dict(
            Counter(map(attrgetter("organization_id"), happened[Measure.FILED])).most_common(
                MOST_ORGANIZATIONS
            )
        ),
        backlog=_backlog(rows, unsolved, period.last),
        backlog_before=_backlog(rows, unsolved, period.before.last),
        ages=tuple(_filed(unsolved, age) for age in ages(today)),
    )


def _rows(narrowing: Narrowing, period: Period) -> Sequence[AnyRow]:
    """Tickets to which anything has happened, and those that were solved later."""
    both = Period(period.before.first, period.last)
    days = (_Fact.filed_on, _Fact.answered_on, _Fact.reopened_on, _Fact.rated_on)
    query = select(*_Fact.__table__.columns).where(
        *narrowing.conditions,
        or_(*(day.between(*both) for day in days), _Fact.solved_on >= both.first),
    )
    return fetch_in_time(query, {})


def _unsolved(narrowing: Narrowing) -> dict[tuple[int, date], int]:
    """Unsolved tickets by assignee and the day they were filed."""
    keys = (_Fact.assignee_id, _Fact.filed_on)
    query = select(*keys, func.count()).where(_Fact.solved_on.is_(None), *narrowing.conditions)
    return {(of or 0, day): n for of, day, n in fetch_in_time(query.group_by(*keys), {})}


def _filed(unsolved: dict[tuple[int, date], int], period: Period) -> int:
    return sum(number for (_of, day), number in unsolved.items() if day in period)


def _backlog(rows: Sequence[AnyRow], unsolved: dict[tuple[int, date], int], day: date) -> int:
    """How many were unsolved at the end of the day: they still are, or were solved later."""
    later = [r for r in rows if r.solved_on is not None and r.filed_on <= day < r.solved_on]
    return _filed(unsolved, Period(date.min, day)) + len(later)


def _happened(rows: Iterable[AnyRow], measure: Measure, period: Period) -> list[AnyRow]:
    day = attrgetter(_DAYS[measure])
    found = [row for row in rows if day(row) in period]
    rating = _RATINGS.get(measure)
    return [row for row in found if row.rating == rating] if rating else found


def _sums(happened: dict[Measure, list[AnyRow]], *, kinds: bool = False) -> Sums:
    found: Sums = {}
    for measure, rows in happened.items():
        found[measure, Dimension.TOTAL] = Counter({"": len(rows)})
        if measure in _SECONDS:
            seconds = map(attrgetter(_SECONDS[measure]), rows)
            found[measure, Dimension.DURATION] = Counter(str(durations.step(s)) for s in seconds)
        if kinds and measure in {Measure.FILED, Measure.SOLVED}:
            for dimension, column in _KINDS.items():
                found[measure, dimension] = _by(rows, column)
            for dimension, joined in _SEVERAL.items():
                found[measure, dimension] = Counter(
                    value for row in rows for value in getattr(row, joined).split()
                )
    if kinds:
        hours = (str(row.weekday * 24 + row.hour) for row in happened[Measure.FILED])
        found[Measure.FILED, Dimension.HOUR] = Counter(hours)
    return found


def _by(rows: Iterable[AnyRow], column: str) -> Values:
    values: Counter[Any] = Counter(map(attrgetter(column), rows))
    return Counter({str(value or ""): number for value, number in values.items()})


def _days(happened: dict[Measure, list[AnyRow]]) -> dict[tuple[Measure, date], int]:
    return {
        (measure, day): number
        for measure, rows in happened.items()
        for day, number in Counter(map(attrgetter(_DAYS[measure]), rows)).items()
    }


def _people(happened: dict[Measure, list[AnyRow]], ids: set[int]) -> dict[int, Sums]:
    """By assignee, also of those to whose tickets nothing has happened."""
    theirs: dict[int, dict[Measure, list[AnyRow]]] = {of: {} for of in ids}
    for measure, rows in happened.items():
        for row in rows:
            person = theirs.setdefault(row.assignee_id or 0, defaultdict(list))
            person.setdefault(measure, []).append(row)
    return {of: _sums(found) for of, found in theirs.items()}


def _on_hand(unsolved: dict[tuple[int, date], int]) -> dict[int, OnHand]:
    numbers: Counter[int] = Counter()
    oldest: dict[int, date] = {}
    for (of, day), number in unsolved.items():
        numbers[of] += number
        oldest[of] = min(day, oldest.get(of, day))
    return {of: OnHand(number, oldest[of]) for of, number in numbers.items()}
