"""That a member of staff has read a ticket, up to the newest message that its page has shown."""

from flask import request
from werkzeug.wrappers import Response

from portal.errors import Invalid
from portal.i18n import gettext as _
from portal.queries.paging import parse_id_cursor
from portal.queries.tickets import tickets as ticket_queries
from portal.services.tickets import reads
from portal.tickets import bp, trail
from portal.web.change import change
from portal.web.fragments import say, see_other, wants_fragment
from portal.web.people.sessions import actor


@bp.post("/<number>/read")
def mark_read(number: str) -> Response:
    """Pages send it by themselves once they are shown; without scripts there is a button."""
    comment_id = parse_id_cursor(request.form.get("read_to"))
    if comment_id is None:
        raise Invalid(read_to="required")
    with change():
        ticket = ticket_queries.find(actor(), number)
        reads.mark_read(actor=actor(), ticket_id=ticket.id, comment_id=comment_id)
    if wants_fragment():
        return Response(status=204)
    say(_("Marked as read."))
    way = trail.of_request(ticket)
    return see_other(way.ticket_url(ticket.number, at=way.at))
