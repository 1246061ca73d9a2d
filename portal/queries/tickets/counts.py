"""Numbers of tickets from the maintained counts: a few hundred rows however many tickets.

They are of all tickets. Who does not see all has theirs counted, up to MANY and one.
"""

from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, func, literal_column, or_, select

from portal.models.base import BigId
from portal.models.people import Actor, Sight
from portal.models.tickets import DONE, Priority, Ticket, TicketCount
from portal.models.tickets.ticket import TO_ANSWER, UNSOLVED
from portal.models.tickets.ticket_count import UNASSIGNED
from portal.prepared import Prepared
from portal.queries.paging import AnySelect
from portal.queries.tickets.lists.ticket_filter import TO_ANSWER_STATUSES
from portal.queries.tickets.tickets import visibility_condition, visibility_values


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


# More of what somebody sees of it is "1000+".
MANY = 1000


def views(actor: Actor) -> ViewCounts:
    """Counts of the queue's views for `actor`, in one query."""
    if actor.sight is Sight.ALL:
        return _VIEWS.one({"actor_id": actor.id})
    return _views_within(actor.sight).one(visibility_values(actor))


@cache
def _views_within(sight: Sight) -> Prepared[ViewCounts]:
    seen = visibility_condition(sight)
    mine = Ticket.assignee_id == bindparam("actor_id", type_=BigId)
    nobodys = Ticket.assignee_id.is_(None)
    # In the order of ViewCounts.
    which: list[tuple[Any, ...]] = [
        (TO_ANSWER,),
        (UNSOLVED,),
        (UNSOLVED, mine),
        (UNSOLVED, nobodys),
        (),
    ]
    return Prepared(select(*(_capped(seen, *of) for of in which)), ViewCounts._make)


def _capped(*conditions: Any) -> Any:
    some: AnySelect = select(literal_column("1")).select_from(Ticket).where(*conditions)
    return select(func.count()).select_from(some.limit(MANY + 1).subquery()).scalar_subquery()


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
