"""`/tickets/<number>/next` and `/previous`: the way to the neighbours in the view one came from.

Addresses of their own: to know them beforehand would cost each page of a ticket two questions.
"""

from flask import abort, make_response
from werkzeug.wrappers import Response

from portal.i18n import gettext as _
from portal.queries.tickets import tickets as ticket_queries
from portal.security import permissions
from portal.tickets import bp, trail
from portal.web.fragments import render_fragment, say, see_other, wants_fragment
from portal.web.people.sessions import actor


@bp.get("/<number>/next")
def next_ticket(number: str) -> Response:
    return _neighbour(number, back=False)


@bp.get("/<number>/previous")
def previous_ticket(number: str) -> Response:
    return _neighbour(number, back=True)


def _neighbour(number: str, *, back: bool) -> Response:
    if not permissions.can_triage(actor()):
        abort(404)
    ticket, _row = ticket_queries.find_with_details(actor(), number)
    way = trail.of_request(ticket)
    if other := trail.neighbour(way, ticket, back=back):
        return see_other(way.ticket_url(other))
    sentence = _("This is the first ticket of the view.") if back else end_text()
    if wants_fragment():
        answer = make_response(render_fragment("tickets/_nothing.html", said=sentence))
        answer.headers["HX-Reswap"] = "none"
        return answer
    say(sentence)
    return see_other(way.list_url)


def end_text() -> str:
    return _("This was the last ticket of the view.")
