"""Where one goes on after an answer: to the next ticket of the view, to the list, or nowhere."""

from flask import make_response, url_for
from werkzeug.wrappers import Response

from portal.models.people import AfterSending
from portal.models.tickets import Ticket
from portal.queries.tickets import tickets as ticket_queries
from portal.tickets import trail
from portal.tickets.lists.neighbours import end_text
from portal.tickets.thread import after_change, panel
from portal.tickets.trail import Trail
from portal.web.fragments import go_to, render_fragment, say, wants_fragment
from portal.web.people.return_page import page_of_request
from portal.web.people.sessions import actor


def go_on(ticket: Ticket, way: Trail, then: AfterSending) -> Response | str:
    """The response to an answer. Who came from no view stays."""
    if not way.query or then is AfterSending.STAY:
        return after_change(ticket, "tickets/replied.hx.html")
    other = trail.neighbour(way, ticket) if then is AfterSending.NEXT else None
    if then is AfterSending.NEXT and other is None:
        say(end_text())
    if _is_beside():
        return _beside(way, other)
    url = way.ticket_url(other) if other else way.list_url
    return go_to(f"{url}#new" if other and not wants_fragment() else url)


def _is_beside() -> bool:
    """Whether the ticket is open beside the queue."""
    here = (page_of_request() or "").partition("?")[0]
    return wants_fragment() and here == url_for("tickets.queue")


def _beside(way: Trail, other: str | None) -> Response:
    if other:
        ticket, row = ticket_queries.find_with_details(actor(), other)
        return panel(ticket, row, Trail(way.query).placed(ticket))
    answer = make_response(render_fragment("tickets/queue/_no_panel.html"))
    answer.headers["HX-Retarget"], answer.headers["HX-Reswap"] = "#panel", "outerHTML"
    answer.headers["HX-Push-Url"] = way.list_url
    return answer
