"""Workload: numbers of tickets and response times, for the API."""

from collections.abc import Iterable
from datetime import datetime
from statistics import fmean, median
from typing import NamedTuple

from sqlalchemy import func, or_, select

from portal.extensions import db
from portal.models.people import Actor, Role, Sight, User
from portal.models.people.person import Person
from portal.models.tickets import DONE, Ticket, TicketCount
from portal.models.tickets.ticket_count import UNASSIGNED
from portal.queries.tickets.tickets import NOT_DELETED, visible_to

# Durations are of the newest tickets only: recent ones, at constant cost.
NEWEST = 500
# So many have been answered before anybody is told how soon that is.
ENOUGH = 20
# Maximum number of a customer's tickets that are counted.
MAX_COUNTED = 10_000


class CountRow(NamedTuple):
    """Number of tickets of one kind; `assignee_id` is None without an assignee."""

    status: str
    priority: int
    assignee_id: int | None
    tickets: int


class Durations(NamedTuple):
    """Median and average in seconds, over `tickets` tickets."""

    tickets: int
    median: float | None
    average: float | None


class StaffMember(NamedTuple):
    """A member of staff with their unsolved tickets by status."""

    id: int
    first_name: str
    last_name: str
    email: str
    role: str
    rights: str
    is_active: bool
    away_until: datetime | None
    by_status: dict[str, int]


def count_rows(actor: Actor) -> list[CountRow]:
    """Visible tickets by status, priority and assignee."""
    if actor.sight is Sight.ALL:
        rows = db.session.execute(
            select(
                TicketCount.status,
                TicketCount.priority,
                TicketCount.assignee_id,
                TicketCount.tickets,
            ).where(TicketCount.tickets > 0)
        )
        return [CountRow(s, p, None if a == UNASSIGNED else a, n) for s, p, a, n in rows]
    mine = (
        select(Ticket.status, Ticket.priority, Ticket.assignee_id)
        .where(visible_to(actor))
        .limit(MAX_COUNTED)
        .subquery()
        .c
    )
    kind = (mine.status, mine.priority, mine.assignee_id)
    return [
        CountRow(*row) for row in db.session.execute(select(*kind, func.count()).group_by(*kind))
    ]


def times(actor: Actor) -> tuple[Durations, Durations]:
    """Time to first response and time to solution, of the newest visible tickets."""
    query = (
        select(Ticket.created_at, Ticket.first_response_at, Ticket.solved_at)
        .where(visible_to(actor))
        .order_by(Ticket.id.desc())
        .limit(NEWEST)
    )
    rows = db.session.connection().execute(query).all()
    return (
        _took((begin, end) for begin, end, _solved in rows),
        _took((begin, end) for begin, _responded, end in rows),
    )


def usual_first_answer() -> int | None:
    """The median of the newest tickets' seconds to a first answer; None for less than ENOUGH."""
    query = (
        select(Ticket.created_at, Ticket.first_response_at)
        .where(NOT_DELETED)
        .order_by(Ticket.id.desc())
        .limit(NEWEST)
    )
    found = _took(db.session.execute(query).all())
    if found.median is None or found.tickets < ENOUGH:
        return None
    return round(found.median)


def staff_members() -> list[StaffMember]:
    """All staff by name, with their unsolved tickets by status."""
    on_table: dict[int, dict[str, int]] = {}
    counted = select(
        TicketCount.assignee_id, TicketCount.status, func.sum(TicketCount.tickets)
    ).where(TicketCount.assignee_id != UNASSIGNED, TicketCount.status.not_in(sorted(DONE)))
    for who, status, number in db.session.execute(
        counted.group_by(TicketCount.assignee_id, TicketCount.status)
    ):
        on_table.setdefault(who, {})[status] = int(number)
    people = (
        select(
            User.id,
            *Person.columns(User),
            User.role,
            User.rights,
            User.is_active,
            User.away_until,
        )
        .where(or_(User.role == Role.STAFF, User.role == Role.ADMIN))
        .order_by(User.first_name, User.last_name, User.id)
    )
    return [
        StaffMember._make((*row, on_table.get(row.id, {}))) for row in db.session.execute(people)
    ]


def _took(spans: Iterable[tuple[datetime, datetime | None]]) -> Durations:
    seconds = [(end - begin).total_seconds() for begin, end in spans if end is not None]
    if not seconds:
        return Durations(0, None, None)
    return Durations(len(seconds), median(seconds), fmean(seconds))
