"""The numbers of all tickets, from the kept cells."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, literal, select, union_all

from portal.extensions import db
from portal.models.statistics import Dimension, Measure, StatisticsCell, TicketFact
from portal.models.statistics.statistics_cell import EVERYBODY
from portal.models.tickets import DONE, TicketCount
from portal.queries.statistics.period import Period
from portal.queries.statistics.tally import Days, OnHand, Sums, Tally, ages, values, within

_Cell = StatisticsCell
_TICKETS = func.sum(_Cell.tickets)
# Of the period before, and of people.
_COMPARED = (Dimension.TOTAL, Dimension.DURATION)
MOST_ORGANIZATIONS = 10


def tally(period: Period, today: date) -> Tally:
    """The numbers of all tickets."""
    days = _days()
    sums, before = _sums(period)
    tickets = _unsolved_by_assignee()
    people, oldest = _people(period, tickets.keys() | _assignees(sums))
    return Tally(
        sums=sums,
        before=before,
        days={key: number for key, number in days.items() if key[1] in period},
        people=people,
        on_hand={of: OnHand(number, oldest.get(of)) for of, number in tickets.items()},
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


def _days() -> Days:
    """Totals of all days there are: a few for each day."""
    query = select(_Cell.measure, _Cell.day, _Cell.tickets)
    query = query.where(*_among(_EVERYBODY, [Dimension.TOTAL]), _Cell.tickets > 0)
    found = db.session.execute(query)
    return {(Measure(measure), day): number for measure, day, number in found}


def _sums(period: Period) -> tuple[Sums, Sums]:
    """Those of the period, and of the one before."""
    keys = (_Cell.measure, _Cell.dimension, _Cell.value)

    def one(place: int, days: Period, dimensions: Iterable[Dimension]) -> Any:
        found = select(literal(place), *keys, _TICKETS)
        return found.where(*_among(_EVERYBODY, dimensions, days)).group_by(*keys)

    both: tuple[Sums, Sums] = (defaultdict(Counter), defaultdict(Counter))
    query = union_all(one(0, period, Dimension), one(1, period.before, _COMPARED))
    for place, measure, dimension, value, number in db.session.execute(query):
        if number:
            both[place][Measure(measure), Dimension(dimension)][value] = int(number)
    return dict(both[0]), dict(both[1])


def _assignees(sums: Sums) -> set[int]:
    filed = values(sums, Measure.FILED, Dimension.ASSIGNEE)
    solved = values(sums, Measure.SOLVED, Dimension.ASSIGNEE)
    return {int(word or 0) for word in filed | solved}


def _unsolved_by_assignee() -> dict[int, int]:
    query = (
        select(TicketCount.assignee_id, func.sum(TicketCount.tickets))
        .where(TicketCount.status.not_in(sorted(DONE)))
        .group_by(TicketCount.assignee_id)
    )
    return {of: int(number) for of, number in db.session.execute(query) if number}


def _people(period: Period, ids: Collection[int]) -> tuple[dict[int, Sums], dict[int, date]]:
    """What happened to the tickets of these assignees, and the days of their oldest unsolved."""
    keys = (_Cell.assignee_id, _Cell.measure, _Cell.dimension, _Cell.value)
    theirs = _Cell.assignee_id.in_(sorted(ids))
    happened = select(*keys, _TICKETS, literal(None, type_=_Cell.day.type))
    unsolved = select(*keys, _TICKETS, func.min(_Cell.day)).where(
        theirs,
        _Cell.measure == Measure.UNSOLVED,
        _Cell.dimension == Dimension.TOTAL,
        _Cell.tickets > 0,
    )
    query = union_all(
        happened.where(*_among(theirs, _COMPARED, period)).group_by(*keys),
        unsolved.group_by(*keys),
    )
    found: dict[int, Sums] = {of: defaultdict(Counter) for of in ids}
    oldest = {}
    for of, measure, dimension, value, number, day in db.session.execute(query):
        if day is not None:
            oldest[of] = day
        elif number:
            found[of][Measure(measure), Dimension(dimension)][value] = int(number)
    return found, oldest


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
