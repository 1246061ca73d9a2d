"""Streams for open pages: that a ticket changed, that the queue did."""

from flask import Response, abort

from portal.queries import tickets as ticket_queries
from portal.queueing import QUEUE_TOPIC, ticket_topics
from portal.security import permissions
from portal.tickets import bp
from portal.web import live
from portal.web.sessions import actor


@bp.get("/<number>/live")
def watch(number: str) -> Response:
    """For whoever may see the ticket."""
    ticket = ticket_queries.find(actor(), number)
    topics = ticket_topics(ticket.id, staff=permissions.can_note(actor()))
    return live.stream(topics, reader=actor().id)


@bp.get("/queue/live")
def watch_queue() -> Response:
    """For staff. Customers get a 404."""
    if not permissions.can_triage(actor()):
        abort(404)
    return live.stream((QUEUE_TOPIC,), reader=actor().id)
