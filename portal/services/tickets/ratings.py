"""Rating a ticket: good or bad, with a comment."""

from datetime import timedelta

from portal import clock
from portal.errors import BadLink, Invalid, NotSolved
from portal.extensions import db
from portal.models.people import Actor, User
from portal.models.tickets import EventKind, Rating, Ticket
from portal.queries.tickets.tickets import is_visible
from portal.security import permissions, rating_links
from portal.services.tickets import changes, events

MAX_COMMENT = 1000
# After this the page of the ticket still takes a rating.
LINK_LIFETIME = timedelta(days=30)


def rate(*, actor: Actor, ticket: Ticket, rating: Rating, comment: str = "") -> bool:
    """Rate `ticket`, which the caller has locked; returns whether the rating changed.

    A new rating replaces the former one. `comment` is cleaned text. Closed tickets can be rated.
    Nobody is notified by mail. Raises Forbidden, NotSolved, and Invalid for a too long comment.
    """
    require_may_rate(actor, ticket)
    if len(comment) > MAX_COMMENT:
        raise Invalid(comment="too_long")
    if (ticket.rating, ticket.rating_comment or "") == (rating, comment):
        return False
    data = {"from": ticket.rating, "to": rating, "comment": comment}
    changes.bump_version(ticket, EventKind.RATED)
    ticket.rating, ticket.rating_comment = rating, comment or None
    ticket.rated_at = ticket.updated_at
    events.record(actor=actor, ticket=ticket, kind=EventKind.RATED, data=data)
    return True


def of_link(text: str, *, lock: bool = False) -> tuple[Ticket, Actor]:
    """The ticket of a mailed link, and its requester, who may rate it.

    Raises BadLink for a link that is none, or of somebody who may not rate the ticket any more, and
    when the ticket was opened again or was solved long ago.
    """
    link = rating_links.read(text)
    ticket = db.session.get(Ticket, link.ticket_id, with_for_update=lock or None)
    if ticket is None or not rating_links.is_of(link, ticket):
        raise BadLink
    requester = db.session.get_one(User, ticket.requester_id)
    actor = requester.actor
    allowed = requester.is_active and is_visible(actor, ticket)
    if not allowed or not permissions.can_rate(actor, ticket) or not _is_fresh(ticket):
        raise BadLink
    return ticket, actor


def _is_fresh(ticket: Ticket) -> bool:
    return (
        ticket.is_done
        and ticket.solved_at is not None
        and (clock.now() - ticket.solved_at < LINK_LIFETIME)
    )


def require_may_rate(actor: Actor, ticket: Ticket) -> None:
    """Raise Forbidden for all but the requester, NotSolved unless solved or closed."""
    permissions.require(permissions.can_rate(actor, ticket))
    if not ticket.is_done:
        raise NotSolved
