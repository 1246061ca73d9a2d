"""What a requester says of how their ticket was handled: good or bad, and a few words."""

from portal.errors import Invalid, NotSolved
from portal.models.people import Actor
from portal.models.tickets import EventKind, Rating, Ticket
from portal.security import permissions
from portal.services.tickets import changes, events

MAX_COMMENT = 1000


def rate(*, actor: Actor, ticket: Ticket, rating: Rating, comment: str = "") -> bool:
    """Rate `ticket`, which the caller has locked; answers whether anything changed.

    Rating again replaces what was said before. `comment` is cleaned text. A closed ticket takes a
    rating: it is a word about what was done, and nothing more to do. Nobody is written to. Raises
    Forbidden, NotSolved, Invalid for a comment that is too long.
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
    """Raise Forbidden for all but the requester, NotSolved while there is work to be done."""
    permissions.require(permissions.can_rate(actor, ticket))
    if not ticket.is_done:
        raise NotSolved
