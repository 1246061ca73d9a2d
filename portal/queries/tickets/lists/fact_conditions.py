"""Conditions of searches that name what the statistics count: by the facts of tickets.

A number of the statistics and the list behind it ask the same table, whenever it was last counted.
Days are the desk's.
"""

from collections.abc import Callable
from datetime import date
from operator import ge, gt, le, lt
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from portal import clock, i18n
from portal.extensions import setting
from portal.models.people import Actor
from portal.models.statistics import TicketFact
from portal.models.tickets import Ticket
from portal.queries.paging import AnySelect
from portal.queries.tickets.lists.index_choice import unindexed
from portal.search_language.days import Days, parse_days
from portal.search_language.durations import parse_duration
from portal.search_language.fields import WEEKDAYS
from portal.search_language.tree import Comparison, Operator

Condition = ColumnElement[bool]
Compare = Callable[[Comparison, Actor], Condition]
_OPERATORS = {
    Operator.AT_LEAST: ge,
    Operator.AT_MOST: le,
    Operator.ABOVE: gt,
    Operator.BELOW: lt,
}


def _has_fact(condition: Condition) -> Condition:
    """Whether the ticket's facts are so: asked of each ticket that something else has found."""
    asked = TicketFact.ticket_id == unindexed(Ticket.id)
    return select(TicketFact.ticket_id).where(asked, condition).exists()


def ids(asked: Comparison) -> AnySelect:
    """Selects the ids of the tickets of a field of LEADING."""
    return select(TicketFact.ticket_id).where(_FACT_CONDITIONS[asked.field](asked))


def _today() -> date:
    return clock.now().astimezone(i18n.zone(setting("DESK_TIMEZONE"))).date()


def _days(column: InstrumentedAttribute[Any]) -> Callable[[Comparison], Condition]:
    def compare(asked: Comparison) -> Condition:
        days = [parse_days(value, _today()) if value else None for value in asked.values]
        if asked.operator is Operator.RANGE:
            found = _within(column, *days)
        elif asked.operator is Operator.IS:
            found = or_(*(_within(column, one, one) for one in days))
        else:
            found = or_(*(_beside(column, asked.operator, one) for one in days if one))
        return column.is_not(None) & found

    return compare


def _within(column: Any, first: Days | None, last: Days | None) -> Condition:
    ends = [] if first is None else [column >= first.first]
    return and_(*ends, *([] if last is None else [column < last.end]))


def _beside(column: Any, operator: Operator, days: Days) -> Condition:
    """Before or after `days`, with or without them; a span stands for its first day."""
    end = days.first if days.is_span else days.end
    edge = days.first if operator in {Operator.AT_LEAST, Operator.BELOW} else end
    later = operator in {Operator.AT_LEAST, Operator.ABOVE}
    return (column >= edge) if later else (column < edge)  # type: ignore[no-any-return]


def _unsolved_on(asked: Comparison) -> Condition:
    """Unsolved at the end of the day, by what is known now."""
    ends = [parse_days(value, _today()).end for value in asked.values]
    solved = TicketFact.solved_on
    return or_(
        *((TicketFact.filed_on < end) & (solved.is_(None) | (solved >= end)) for end in ends)
    )


def _ordered(
    column: InstrumentedAttribute[Any], read: Callable[[str], int]
) -> Callable[[Comparison], Condition]:
    def compare(asked: Comparison) -> Condition:
        numbers: list[Any] = [read(value) if value else None for value in asked.values]
        known = column.is_not(None)
        if asked.operator is Operator.IS:
            return known & column.in_(numbers)
        if asked.operator is Operator.RANGE:
            first, last = numbers
            ends = [] if first is None else [column >= first]
            return and_(known, *ends, *([] if last is None else [column <= last]))
        return and_(known, _OPERATORS[asked.operator](column, numbers[0]))

    return compare


def _rating(asked: Comparison) -> Condition:
    # Every rating has its day, which has an index.
    is_rated = TicketFact.rated_on.is_not(None)
    return is_rated & TicketFact.rating.is_not(None) & TicketFact.rating.in_(asked.values)


_FACT_CONDITIONS: dict[str, Callable[[Comparison], Condition]] = {
    "filed": _days(TicketFact.filed_on),
    "answered": _days(TicketFact.answered_on),
    "solved": _days(TicketFact.solved_on),
    "reopened": _days(TicketFact.reopened_on),
    "rated": _days(TicketFact.rated_on),
    "unsolved_on": _unsolved_on,
    "rating": _rating,
    "weekday": _ordered(TicketFact.weekday, WEEKDAYS.index),
    "hour": _ordered(TicketFact.hour, int),
    "first_answer": _ordered(TicketFact.answer_seconds, parse_duration),
    "solution": _ordered(TicketFact.solution_seconds, parse_duration),
}


def _field(name: str) -> Compare:
    return lambda asked, _actor: _has_fact(_FACT_CONDITIONS[name](asked))


FIELDS: dict[str, Compare] = {name: _field(name) for name in _FACT_CONDITIONS}
# Those with an index of their own.
LEADING = frozenset({"filed", "answered", "solved", "reopened", "rated", "rating"})
