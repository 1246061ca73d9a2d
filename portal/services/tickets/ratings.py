"""Rating a ticket: good or bad, with a comment."""

from portal.errors import Invalid, NotSolved
from portal.models.people import Actor
from portal.models.tickets import EventKind, Rating, Ticket
from portal.security import permissions
from portal.services.tickets import changes, events

MAX_COMMENT = 1000


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


def require_may_rate(actor: Actor, ticket: Ticket) -> None:
    """Raise Forbidden for all but the requester, NotSolved unless solved or closed."""
    permissions.require(permissions.can_rate(actor, ticket))
    if not ticket.is_done:
        raise NotSolved
