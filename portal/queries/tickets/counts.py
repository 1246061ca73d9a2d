"""Numbers of tickets from the maintained counts: a few hundred rows however many tickets."""

from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, func, literal_column, or_, select

from portal.models.people import Actor
from portal.models.tickets import DONE, Priority, TicketCount
from portal.models.tickets.ticket_count import UNASSIGNED
from portal.prepared import Prepared
from portal.queries.tickets.lists.ticket_filter import TO_ANSWER_STATUSES


class ViewCounts(NamedTuple):
    """Number of tickets in each view of the queue."""

    to_answer: int
    unsolved: int
    mine: int
    unassigned: int
    all: int


_COUNT = TicketCount.tickets
# Literals instead of IN: faster for each row, and without parameters.
_UNSOLVED = and_(*(TicketCount.status != literal_column(f"'{done}'") for done in sorted(DONE)))

_TO_ANSWER = or_(
    *(TicketCount.status == literal_column(f"'{one}'") for one in sorted(TO_ANSWER_STATUSES) if one)
)


def _sum(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(_COUNT).filter(*conditions), 0)


# Columns in the order of ViewCounts. Built once: building takes longer than executing.
_VIEWS = Prepared(
    select(
        func.coalesce(func.sum(TicketCount.waiting).filter(_TO_ANSWER), 0),
        _sum(_UNSOLVED),
        _sum(TicketCount.assignee_id == bindparam("actor_id"), _UNSOLVED),
        _sum(TicketCount.assignee_id == UNASSIGNED, _UNSOLVED),
        func.coalesce(func.sum(_COUNT), 0),
    ),
    lambda numbers: ViewCounts(*map(int, numbers)),
)


def views(actor: Actor) -> ViewCounts:
    """Counts of the queue's views for `actor`, in one query."""
    return _VIEWS.one({"actor_id": actor.id})


class NeedingALook(NamedTuple):
    """Numbers of unsolved tickets, whoever asks."""

    urgent: int
    unassigned: int
    to_answer: int
    unsolved: int


_NEEDING_A_LOOK = Prepared(
    select(
        _sum(TicketCount.priority == int(Priority.URGENT), _UNSOLVED),
        _sum(TicketCount.assignee_id == UNASSIGNED, _UNSOLVED),
        func.coalesce(func.sum(TicketCount.waiting).filter(_TO_ANSWER), 0),
        _sum(_UNSOLVED),
    ),
    lambda numbers: NeedingALook(*map(int, numbers)),
)


def needing_a_look() -> NeedingALook:
    return _NEEDING_A_LOOK.one()
