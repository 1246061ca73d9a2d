"""Streams that tell open pages of changes to a ticket or the queue."""

from flask import Response, abort

from portal.errors import NotFound
from portal.models.people import Actor
from portal.queries.tickets import ticket_rows
from portal.queueing import QUEUE_TOPIC, person_topic, ticket_topics
from portal.security import permissions
from portal.tickets import bp
from portal.tickets.presence import room
from portal.web.live_updates import hub, presence
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

    topics = ticket_topics(ticket.id, staff=staff)
    return hub.stream(topics, reader=who, may=may, named=_named(who, ticket.id) if staff else {})


@bp.get("/queue/live")
def watch_queue() -> Response:
    """For staff; customers get a 404."""
    if not permissions.can_triage(actor()):
        abort(404)
    who = actor()
    return hub.stream((QUEUE_TOPIC,), reader=who, may=permissions.can_triage, named=_named(who))


def _named(who: Actor, ticket_id: int | None = None) -> dict[str, str]:
    """The topics whose changes concern a part of the page: the bell, and who else is there."""
    here = {} if ticket_id is None else {presence.topic(room(ticket_id)): "presence"}
    return {person_topic(who.id): "bell", **here}
