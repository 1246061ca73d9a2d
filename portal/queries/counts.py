"""Numbers beside the views, from the maintained counts: a few hundred rows however many tickets."""

from typing import NamedTuple

from sqlalchemy import case, func, select

from portal.extensions import db
from portal.models import DONE, Actor, TicketCount
from portal.models.ticket_count import UNASSIGNED


class ViewCounts(NamedTuple):
    """How many tickets each view of the queue holds."""

    unsolved: int
    mine: int
    unassigned: int
    all: int


_COUNT = TicketCount.tickets
_UNSOLVED = TicketCount.status.not_in(sorted(DONE))


def views(actor: Actor) -> ViewCounts:
    """The counts of the queue's views for `actor`, in one query."""

    def when(*conditions: object) -> object:
        return func.coalesce(func.sum(case((_UNSOLVED & conditions[0], _COUNT), else_=0)), 0)  # type: ignore[operator]

    query = select(
        func.coalesce(func.sum(case((_UNSOLVED, _COUNT), else_=0)), 0),
        when(TicketCount.assignee_id == actor.id),
        when(TicketCount.assignee_id == UNASSIGNED),
        func.coalesce(func.sum(_COUNT), 0),
    )
    return ViewCounts(*map(int, db.session.connection().execute(query).one()))


def by_status_and_priority() -> dict[tuple[str, int], int]:
    """(status, priority) → tickets."""
    query = select(TicketCount.status, TicketCount.priority, func.sum(_COUNT)).group_by(
        TicketCount.status, TicketCount.priority
    )
    return {(status, priority): int(n) for status, priority, n in db.session.execute(query)}
