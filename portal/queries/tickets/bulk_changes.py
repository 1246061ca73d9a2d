"""Changes of many tickets: for whoever made them, and for the jobs that work on them."""

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import func, select

from portal import clock
from portal.errors import NotFound, or_not_found
from portal.extensions import db
from portal.models.people import Actor, User
from portal.models.tickets import (
    BulkChange,
    BulkChangeTicket,
    BulkReason,
    BulkState,
    Ticket,
    TicketStatus,
)
from portal.models.tickets import BulkTicketState as TicketState
from portal.models.tickets.bulk_change import OPEN, TOKEN_LENGTH
from portal.models.tickets.ticket import format_number, parse_number
from portal.queries.tickets.lists.ticket_list import Listed
from portal.queries.tickets.tickets import visible_to

# After its end.
UNDO_FOR = timedelta(hours=1)
# Of each reason, on a page.
MOST_NUMBERS = 100
MOST_RECENT = 50


class LeftAlone(NamedTuple):
    """Tickets that a change has left alone, or an undo kept: the first of them by number."""

    reason: BulkReason
    total: int
    numbers: list[str]


def find(actor: Actor, change_id: int, *, lock: bool = False) -> BulkChange:
    """The actor's own. Raises NotFound."""
    query = select(BulkChange).where(BulkChange.id == change_id, BulkChange.actor_id == actor.id)
    return or_not_found(db.session.scalar(query.with_for_update() if lock else query))


def is_of_ticket(token: str, ticket_id: int) -> bool:
    """Whether the change of that token is of that ticket alone."""
    query = select(BulkChangeTicket.ticket_id).join(BulkChange).where(BulkChange.token == token)
    return db.session.scalars(query.limit(2)).all() == [ticket_id]


def find_token(actor: Actor, token: str, *, lock: bool = False) -> BulkChange | None:
    """The actor's own of that token."""
    if len(token) > TOKEN_LENGTH:
        return None
    query = select(BulkChange).where(BulkChange.token == token, BulkChange.actor_id == actor.id)
    return db.session.scalar(query.with_for_update() if lock else query)


def recent(actor: Actor) -> list[BulkChange]:
    """The actor's own of several tickets, the newest first. They go after a day."""
    query = select(BulkChange).where(BulkChange.actor_id == actor.id, BulkChange.total > 1)
    newest = query.order_by(BulkChange.created_at.desc()).limit(MOST_RECENT)
    return list(db.session.scalars(newest))


def listed(actor: Actor, numbers: Collection[str]) -> list[Listed]:
    """The tickets of those numbers. Raises NotFound if one is missing or invisible."""
    ids = {parse_number(number) for number in numbers}
    columns = (getattr(Ticket, name) for name in Listed._fields)
    query = select(*columns).where(Ticket.id.in_(ids - {None}), visible_to(actor))
    rows = [Listed._make(row) for row in db.session.execute(query.order_by(Ticket.id))]
    if len(rows) != len(ids):
        raise NotFound
    return rows


def customers_told(actor: Actor, tickets: Iterable[Listed]) -> int:
    """How many people hear of an answer to these tickets."""
    told = {one.requester_id for one in tickets if one.status != TicketStatus.CLOSED} - {actor.id}
    active = select(func.count()).where(User.id.in_(told), User.is_active)
    return db.session.scalar(active) or 0


def locked(change_id: int) -> BulkChange | None:
    """For the job: nobody else works on it until the transaction ends."""
    query = select(BulkChange).where(BulkChange.id == change_id).with_for_update()
    return db.session.scalar(query.execution_options(populate_existing=True))


def can_undo(actor: Actor, change: BulkChange) -> bool:
    """Whether its time is not over, and the actor's rights are those of then."""
    return (
        change.state in {BulkState.DONE, BulkState.CANCELLED}
        and change.changed > 0
        and change.ended_at is not None
        and change.ended_at > clock.now() - UNDO_FOR
        and change.matches_rights_of(actor)
    )


def next_tickets(change: BulkChange, limit: int) -> Sequence[BulkChangeTicket]:
    """The next ones to change, or to give back."""
    undoing = change.state == BulkState.UNDOING
    query = (
        select(BulkChangeTicket)
        .where(
            BulkChangeTicket.bulk_change_id == change.id,
            BulkChangeTicket.state == (TicketState.CHANGED if undoing else TicketState.WAITING),
        )
        .order_by(BulkChangeTicket.ticket_id)
        .limit(limit)
    )
    return db.session.scalars(query).all()


def left_alone(change: BulkChange, *, undo: bool = False) -> list[LeftAlone]:
    """Those that it has left alone; with `undo` those that the undo kept as they are."""
    state = TicketState.KEPT if undo else TicketState.LEFT
    of_change = (BulkChangeTicket.bulk_change_id == change.id, BulkChangeTicket.state == state)
    reason = BulkChangeTicket.reason
    totals = db.session.execute(select(reason, func.count()).where(*of_change).group_by(reason))
    found = []
    for word, total in sorted((word or "", total) for word, total in totals):
        ids = select(BulkChangeTicket.ticket_id).where(*of_change, reason == word)
        first = db.session.scalars(ids.order_by(BulkChangeTicket.ticket_id).limit(MOST_NUMBERS))
        found.append(LeftAlone(BulkReason(word), total, [format_number(one) for one in first]))
    return found


def open_ids(limit: int) -> list[int]:
    """Those on which nobody has worked for a while."""
    query = (
        select(BulkChange.id)
        .where(
            OPEN,
            BulkChange.due_at <= clock.now(),
        )
        .order_by(BulkChange.due_at)
        .limit(limit)
    )
    return list(db.session.scalars(query))
