"""Records the history of tickets, in the transaction of each change."""

from collections.abc import Iterator
from typing import Any

from portal import clock
from portal.extensions import db
from portal.models.people import Actor
from portal.models.tickets import Comment, EventKind, Ticket, TicketEvent
from portal.models.tickets.ticket_event import INTERNAL_KINDS
from portal.queueing import list_topic, publish_change
from portal.services.delivery import webhook_events
from portal.services.tickets import uncounted, unlearned


def record(
    *,
    actor: Actor | None,
    ticket: Ticket,
    kind: EventKind,
    comment: Comment | None = None,
    data: dict[str, Any] | None = None,
) -> TicketEvent:
    """Add the event, schedule its webhook deliveries and counting, and notify open pages.

    `actor`: None for what the desk does by itself. Flushes: mails refer to the event's id.
    """
    event = TicketEvent(
        ticket_id=ticket.id,
        actor_id=actor.id if actor else None,
        kind=kind,
        comment_id=comment.id if comment else None,
        data=data or {},
        created_at=clock.now(),
    )
    db.session.add(event)
    db.session.flush()
    uncounted.note(ticket.id)
    unlearned.note_change(ticket, kind)
    webhook_events.ticket_changed(event=event, ticket=ticket, comment=comment)
    internal = kind in INTERNAL_KINDS
    publish_change(db.session(), ticket.id, internal=internal, lists=_lists(ticket, kind, event))
    return event


def _lists(ticket: Ticket, kind: EventKind, event: TicketEvent) -> Iterator[str]:
    """Topics of the lists in which the ticket stands, and of that which it has left."""
    yield list_topic("assignee", ticket.assignee_id)
    yield list_topic("requester", ticket.requester_id)
    yield list_topic("organization", ticket.organization_id)
    if kind.spec.column == Ticket.assignee_id.key:
        yield list_topic("assignee", event.data["from"])
