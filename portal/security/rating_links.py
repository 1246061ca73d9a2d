"""Links in mails by which the requester of a solved ticket rates it without signing in.

A link holds no more than the right to rate: a signature over the ticket, its requester and when it
was filed, with a salt of its own. It needs no row, as it may be pressed again to rate otherwise.
"""

from typing import NamedTuple

from itsdangerous import BadSignature, URLSafeSerializer

from portal.errors import BadLink
from portal.extensions import setting
from portal.models.tickets import Ticket

_SALT = "lodge link rating"


class RatingLink(NamedTuple):
    ticket_id: int
    requester_id: int
    filed_at: str


def sign(ticket: Ticket) -> str:
    """The signed text for a link."""
    return str(URLSafeSerializer(setting("SECRET_KEY"), salt=_SALT).dumps(_of(ticket)))


def read(text: str) -> RatingLink:
    """What a link's text says. Raises BadLink for one that we did not sign."""
    keys = [setting("SECRET_KEY"), *setting("SECRET_KEY_FALLBACKS")]
    try:
        return RatingLink(*URLSafeSerializer(keys[::-1], salt=_SALT).loads(text))
    except (BadSignature, TypeError, ValueError):
        raise BadLink from None


def is_of(link: RatingLink, ticket: Ticket) -> bool:
    """Whether the link is this ticket's: ids come back after a backup is restored."""
    return link == _of(ticket)


def _of(ticket: Ticket) -> RatingLink:
    return RatingLink(ticket.id, ticket.requester_id, ticket.created_at.isoformat())
