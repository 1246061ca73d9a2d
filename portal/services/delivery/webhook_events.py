"""Schedules webhook deliveries of events, in the transaction of the change.

They are sent after the commit. Internal notes are never sent. What each webhook may see is checked
again when it is sent.
"""

import secrets
from datetime import timedelta
from typing import Any

from portal import clock
from portal.extensions import db
from portal.models.people import User
from portal.models.tickets import Comment, EventKind, Ticket, TicketEvent
from portal.models.tickets.ticket_event import INTERNAL_KINDS
from portal.models.webhooks import WebhookDelivery, WebhookEvent
from portal.queries.webhooks import webhooks
from portal.queueing import Job, enqueue_after_commit

# Events are not retried for longer, as they are outdated by then.
RETRY_FOR = timedelta(days=1)


def ticket_changed(*, event: TicketEvent, ticket: Ticket, comment: Comment | None) -> None:
    """Schedule deliveries of a ticket's event, which has been flushed."""
    kind = _type(event)
    if kind is None or (comment is not None and comment.internal):
        return
    _schedule(
        ticket.organization_id, kind, internal=event.kind in INTERNAL_KINDS, event_id=event.id
    )


def user_created(user: User) -> None:
    """Schedule deliveries about a new user, who has been flushed."""
    _schedule(user.organization_id, WebhookEvent.USER_CREATED, internal=False, user_id=user.id)


def _type(event: TicketEvent) -> WebhookEvent | None:
    kind = EventKind.known(event.kind)
    if kind is None:
        return None
    return WebhookEvent.TICKET_SOLVED if event.solves else kind.spec.webhook


def _schedule(organization_id: int, kind: WebhookEvent, *, internal: bool, **about: Any) -> None:
    listeners = webhooks.subscribed(organization_id, kind, internal=internal)
    if not listeners:
        return
    now = clock.now()
    # All receivers get the same event id.
    key = new_event_key()
    db.session.add_all(
        WebhookDelivery(
            webhook_id=webhook_id,
            type=kind,
            event_key=key,
            due_at=now,
            give_up_at=now + RETRY_FOR,
            **about,
        )
        for webhook_id in listeners
    )
    db.session.flush()
    for webhook_id in listeners:
        enqueue_after_commit(db.session(), Job.DELIVER_WEBHOOK, webhook_id, 0)


def new_event_key() -> str:
    """A random event id, the same for all receivers and at each try."""
    return f"evt_{secrets.token_hex(16)}"
