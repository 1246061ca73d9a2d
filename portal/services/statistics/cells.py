"""The cells in which a ticket is counted. No database here.

Whatever is counted is a fact of the ticket as it is now: one that was opened again is not solved on
any day. So each number has exactly the tickets that a list can show.
"""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from portal.models.statistics import Dimension, Measure
from portal.models.statistics.statistics_cell import EVERYBODY, NOBODY
from portal.models.tickets import DONE, Rating
from portal.queries.statistics.durations import step


class Fact(NamedTuple):
    """The columns of TicketFact."""

    ticket_id: int
    filed_on: date
    weekday: int
    hour: int
    answered_on: date | None
    answer_seconds: int | None
    solved_on: date | None
    solution_seconds: int | None
    reopened_on: date | None
    rated_on: date | None
    rating: str | None
    status: str
    priority: int
    channel: str
    type: str | None
    department: str | None
    language: str | None
    organization_id: int
    assignee_id: int | None
    tags: str
    products: str = ""


class Cell(NamedTuple):
    """The key of StatisticsCell."""

    assignee_id: int
    measure: str
    dimension: str
    day: date
    value: str


_Value = tuple[Dimension, str]
_TOTAL: _Value = (Dimension.TOTAL, "")
_OF_PEOPLE = {Dimension.TOTAL, Dimension.DURATION}


def cells(fact: Fact) -> Iterator[Cell]:
    """All cells in which the ticket counts as one."""
    theirs = fact.assignee_id or NOBODY
    for measure, day, values in _happened(fact):
        for dimension, value in values:
            yield Cell(EVERYBODY, measure, dimension, day, value)
            if dimension in _OF_PEOPLE:
                yield Cell(theirs, measure, dimension, day, value)


def _happened(fact: Fact) -> Iterator[tuple[Measure, date, list[_Value]]]:
    """What happened to the ticket, on which day, and what that is broken down by."""
    kinds = _kinds(fact)
    hour = (Dimension.HOUR, str(fact.weekday * 24 + fact.hour))
    yield Measure.FILED, fact.filed_on, [_TOTAL, hour, *kinds]
    if fact.status not in DONE:
        yield Measure.UNSOLVED, fact.filed_on, [_TOTAL]
    if fact.answered_on is not None:
        yield Measure.ANSWERED, fact.answered_on, [_TOTAL, _duration(fact.answer_seconds)]
    if fact.solved_on is not None:
        took = _duration(fact.solution_seconds)
        yield Measure.SOLVED, fact.solved_on, [_TOTAL, took, *kinds]
    if fact.reopened_on is not None:
        yield Measure.REOPENED, fact.reopened_on, [_TOTAL]
    if fact.rated_on is not None:
        measure = Measure.GOOD if fact.rating == Rating.GOOD else Measure.BAD
        yield measure, fact.rated_on, [_TOTAL]


def _kinds(fact: Fact) -> list[_Value]:
    return [
        (Dimension.STATUS, fact.status),
        (Dimension.PRIORITY, str(fact.priority)),
        (Dimension.CHANNEL, fact.channel),
        (Dimension.TYPE, fact.type or ""),
        (Dimension.DEPARTMENT, fact.department or ""),
        (Dimension.LANGUAGE, fact.language or ""),
        (Dimension.ASSIGNEE, str(fact.assignee_id or "")),
        *((Dimension.TAG, name) for name in fact.tags.split()),
        *((Dimension.PRODUCT, product_id) for product_id in fact.products.split()),
    ]


def _duration(seconds: int | None) -> _Value:
    return Dimension.DURATION, str(step(seconds or 0))
