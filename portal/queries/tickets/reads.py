"""What the reader has not read yet. Only one's own marks are ever asked for."""

from collections.abc import Collection
from functools import cache
from typing import NamedTuple

from sqlalchemy import bindparam, exists, false, func, select, true, union_all

from portal.extensions import db
from portal.models.base import BigId
from portal.models.people import Actor, Role, User
from portal.models.tickets import Comment, Draft, Ticket, TicketRead
from portal.models.tickets.ticket import UNSOLVED
from portal.prepared import Prepared
from portal.queries.paging import AnyRow

# Tickets of one statement: as many as a page of the queue has.
TICKETS = 30


def last_read(actor: Actor, ticket_id: int) -> int:
    """The last comment of the ticket that `actor` has read; 0 for none."""
    query = select(TicketRead.last_comment_id).where(
        TicketRead.user_id == actor.id, TicketRead.ticket_id == ticket_id
    )
    return db.session.scalar(query) or 0


class Marks(NamedTuple):
    """Ids of tickets whose customers' words `actor` has not read, and where a draft is waiting."""

    unread: frozenset[int] = frozenset()
    drafts: frozenset[int] = frozenset()


def marks(actor: Actor, ticket_ids: Collection[int]) -> Marks:
    """Of these tickets, at most TICKETS, by one statement.

    Solved ones count as read: what is done with asks nobody to read it. The caller knows that the
    reader sees the tickets.
    """
    if not ticket_ids:
        return Marks()
    wanted = list(ticket_ids)[:TICKETS]
    padded = wanted + [wanted[0]] * (TICKETS - len(wanted))
    values = {f"ticket_{at}": ticket_id for at, ticket_id in enumerate(padded)}
    found: list[tuple[int, bool]] = _marks().all({"user_id": actor.id, **values})
    return Marks(
        frozenset(ticket_id for ticket_id, is_draft in found if not is_draft),
        frozenset(ticket_id for ticket_id, is_draft in found if is_draft),
    )


@cache
def _marks() -> Prepared[AnyRow]:
    mark = (
        select(TicketRead.last_comment_id)
        .where(TicketRead.user_id == bindparam("user_id"), TicketRead.ticket_id == Ticket.id)
        .correlate_except(TicketRead)
        .scalar_subquery()
    )
    # Only what is above the mark is looked at, so that long conversations cost nothing.
    said = exists().where(
        Comment.ticket_id == Ticket.id,
        Comment.id > func.coalesce(mark, 0),
        User.id == Comment.author_id,
        User.role == Role.CUSTOMER,
    )
    ids = [bindparam(f"ticket_{at}", type_=BigId) for at in range(TICKETS)]
    unread = select(Ticket.id, false()).where(Ticket.id.in_(ids), UNSOLVED, said)
    begun = select(Draft.ticket_id, true()).where(
        Draft.user_id == bindparam("user_id"), Draft.ticket_id.in_(ids), Draft.discarded.is_(False)
    )
    return Prepared(union_all(unread, begun), tuple)
