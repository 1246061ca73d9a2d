"""ETag and If-Match of tickets (RFC 9110)."""

from flask import request

from portal.errors import VersionChanged, VersionNeeded
from portal.models.people import Actor
from portal.models.tickets import Ticket


def etag(version: int) -> dict[str, str]:
    """The ETag header of that version."""
    return {"ETag": f'"{version}"'}


def require_named() -> None:
    """Raise VersionNeeded without If-Match."""
    if "If-Match" not in request.headers:
        raise VersionNeeded


def require_match(who: Actor, ticket: Ticket) -> None:
    """Raise VersionNeeded without If-Match, VersionChanged unless it names the version of `ticket`.

    `ticket` has to be locked.
    """
    require_named()
    # Strong comparison: a weak tag promises too little for a change.
    version = str(ticket.version_for(staff=who.is_staff))
    if not (request.if_match.star_tag or request.if_match.is_strong(version)):
        raise VersionChanged
