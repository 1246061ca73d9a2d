"""Records the history of tickets, in the transaction of each change."""

from typing import Any

from portal import clock
from portal.extensions import db
from portal.models.people import Actor
from portal.models.tickets import Comment, EventKind, Ticket, TicketEvent
from portal.models.tickets.ticket_event import INTERNAL_KINDS
from portal.queueing import publish_change
from portal.services.delivery import webhook_events


def record(
    *,
    actor: Actor,
    ticket: Ticket,
    kind: EventKind,
    comment: Comment | None = None,
    data: dict[str, Any] | None = None,
) -> TicketEvent:
    """Add the event, schedule its webhook deliveries, and notify open pages.

    Flushes: mails refer to the event's id.
    """
    event = TicketEvent(
        ticket_id=ticket.id,
        actor_id=actor.id,
        kind=kind,
        comment_id=comment.id if comment else None,
        data=data or {},
        created_at=clock.now(),
    )
    db.session.add(event)
    db.session.flush()
    webhook_events.ticket_changed(event=event, ticket=ticket, comment=comment)
    publish_change(db.session(), ticket.id, internal=kind in INTERNAL_KINDS)
    return event
