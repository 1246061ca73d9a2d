"""ETag and If-Match: a change names the version that it is a change of (RFC 9110)."""

from flask import request

from portal.errors import VersionChanged, VersionNeeded
from portal.models.people import Actor
from portal.models.tickets import Ticket


def etag(version: int) -> dict[str, str]:
    """The header of an answer that shows a ticket of that version."""
    return {"ETag": f'"{version}"'}


def require_named() -> None:
    """Raise VersionNeeded for a change that says nothing of what it is a change of."""
    if "If-Match" not in request.headers:
        raise VersionNeeded


def require_match(who: Actor, ticket: Ticket) -> None:
    """Raise VersionChanged unless `ticket`, which is locked, is what the program has seen."""
    require_named()
    # Strong comparison: a weak tag promises too little for a change.
    version = str(ticket.version_for(staff=who.is_staff))
    if not (request.if_match.star_tag or request.if_match.is_strong(version)):
        raise VersionChanged
