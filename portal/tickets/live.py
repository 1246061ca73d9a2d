"""Streams that tell open pages of changes to a ticket or the queue."""

from flask import Response, abort

from portal.errors import NotFound
from portal.models.people import Actor
from portal.queries.tickets import ticket_rows
from portal.queueing import QUEUE_TOPIC, ticket_topics
from portal.security import permissions
from portal.tickets import bp
from portal.web.live_updates import hub
from portal.web.people.sessions import actor


@bp.get("/<number>/live")
def watch(number: str) -> Response:
    """For whoever may see the ticket."""
    who = actor()
    ticket = ticket_rows.find(who, number)
    staff = permissions.can_note(who)

    def may(reader: Actor) -> bool:
        try:
            ticket_rows.find(reader, number)
        except NotFound:
            return False
        return permissions.can_note(reader) or not staff

    return hub.stream(ticket_topics(ticket.id, staff=staff), reader=who, may=may)


@bp.get("/queue/live")
def watch_queue() -> Response:
    """For staff; customers get a 404."""
    if not permissions.can_triage(actor()):
        abort(404)
    return hub.stream((QUEUE_TOPIC,), reader=actor(), may=permissions.can_triage)
