"""The numbers of all tickets, from the kept cells."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, literal, select, union_all

from portal.extensions import db
from portal.models.statistics import Dimension, Measure, StatisticsCell, TicketFact
from portal.models.statistics.statistics_cell import EVERYBODY
from portal.models.tickets import TicketCount
from portal.queries.statistics.period import Period
from portal.queries.statistics.tally import Days, OnHand, Sums, Tally, ages, within

_Cell = StatisticsCell
# Of the period before, and of people.
_COMPARED = (Dimension.TOTAL, Dimension.DURATION)
MOST_ORGANIZATIONS = 10


def tally(period: Period, today: date) -> Tally:
    """The numbers of all tickets."""
    found: dict[int, list[Any]] = defaultdict(list)
    for place, *row in db.session.execute(_statement(period)):
        found[place].append(row)
    days = {(Measure(m), day): n for _of, m, _d, _v, n, day in found[_DAYS] if n}
    return Tally(
        sums=_sums(found[_PERIOD]),
        before=_sums(found[_BEFORE]),
        days={key: number for key, number in days.items() if key[1] in period},
        people=_people(found[_PEOPLE], found[_UNSOLVED]),
        on_hand={of: OnHand(int(n), oldest) for of, _m, _d, _v, n, oldest in found[_UNSOLVED]},
        organizations=_organizations(period),
        backlog=_backlog(days, period.last),
        backlog_before=_backlog(days, period.before.last),
        ages=tuple(within(days, Measure.UNSOLVED, age) for age in ages(today)),
    )


def _backlog(days: Days, last: date) -> int:
    until = Period(date.min, last)
    return within(days, Measure.FILED, until) - within(days, Measure.SOLVED, until)


def _among(
    whose: ColumnElement[bool], dimensions: Iterable[Dimension], period: Period | None = None
) -> list[ColumnElement[bool]]:
    """Conditions in the order of the key: all measures are named, so that days bound it."""
    conditions = [
        whose,
        _Cell.measure.in_(list(Measure)),
        _Cell.dimension.in_(list(dimensions)),
    ]
    return [*conditions, _Cell.day.between(*period)] if period else conditions


_EVERYBODY = _Cell.assignee_id == EVERYBODY
# Whoever has, or had, a ticket has a row there: a few hundred rows.
_SOMEBODY = _Cell.assignee_id.in_(select(TicketCount.assignee_id))
_PERIOD, _BEFORE, _DAYS, _PEOPLE, _UNSOLVED = range(5)
_KEYS = (_Cell.assignee_id, _Cell.measure, _Cell.dimension, _Cell.value)


def _statement(period: Period) -> Any:
    """Everything that is kept, in one statement; each part begins with its number."""

    def part(number: int, *conditions: ColumnElement[bool], day: Any = _NO_DAY) -> Any:
        query = select(literal(number), *_KEYS, func.sum(_Cell.tickets), day)
        return query.where(*conditions).group_by(*_KEYS)

    unsolved = (_Cell.measure == Measure.UNSOLVED, _Cell.dimension == Dimension.TOTAL)
    each_day = select(literal(_DAYS), *_KEYS, _Cell.tickets, _Cell.day)
    return union_all(
        part(_PERIOD, *_among(_EVERYBODY, Dimension, period)),
        part(_BEFORE, *_among(_EVERYBODY, _COMPARED, period.before)),
        each_day.where(*_among(_EVERYBODY, [Dimension.TOTAL]), _Cell.tickets > 0),
        part(_PEOPLE, *_among(_SOMEBODY, _COMPARED, period)),
        part(_UNSOLVED, _SOMEBODY, *unsolved, _Cell.tickets > 0, day=func.min(_Cell.day)),
    )


_NO_DAY = literal(None, type_=_Cell.day.type)


def _sums(rows: Iterable[Any]) -> Sums:
    found: Sums = defaultdict(Counter)
    for _of, measure, dimension, value, number, _day in rows:
        if number:
            found[Measure(measure), Dimension(dimension)][value] = int(number)
    return dict(found)


def _people(happened: Iterable[Any], unsolved: Iterable[Any]) -> dict[int, Sums]:
    """By assignee, also of those to whose tickets nothing has happened."""
    theirs: dict[int, list[Any]] = {row[0]: [] for row in unsolved}
    for row in happened:
        if row[4]:
            theirs.setdefault(row[0], []).append(row)
    return {of: _sums(rows) for of, rows in theirs.items()}


def _organizations(period: Period) -> dict[int, int]:
    number = func.count()
    query = (
        select(TicketFact.organization_id, number)
        .where(TicketFact.filed_on.between(*period))
        .group_by(TicketFact.organization_id)
        .order_by(number.desc(), TicketFact.organization_id)
        .limit(MOST_ORGANIZATIONS)
    )
    return {of: int(found) for of, found in db.session.execute(query)}
