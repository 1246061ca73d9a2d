"""Outgoing event: the rows that a delivery is composed of, and why it must not be sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import select

from portal.extensions import db
from portal.models.organizations import Organization
from portal.models.people import User
from portal.models.products import Product
from portal.models.tickets import (
    Attachment,
    Comment,
    Tag,
    Ticket,
    TicketEvent,
    TicketProduct,
    TicketTag,
)
from portal.models.tickets.ticket_event import INTERNAL_KINDS
from portal.models.webhooks import Webhook, WebhookDelivery
from portal.models.webhooks.webhook import TEST_EVENT
from portal.queries.paging import AnyRow
from portal.queries.people import users
from portal.queries.webhooks.webhooks import has_authorized_owner

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class OutgoingEvent:
    """A delivery with the rows it is composed of."""

    delivery: WebhookDelivery
    webhook: Webhook
    event: TicketEvent | None = None
    ticket: Ticket | None = None
    comment: Comment | None = None
    attachments: Sequence[Attachment] = ()
    tags: Sequence[str] = ()
    products: Sequence[Product] = ()
    # Of `queries.people.users.details`.
    user: AnyRow | None = None
    organization: Organization | None = None
    requester: User | None = None
    assignee: User | None = None
    actor: User | None = None
    author: User | None = None


def read(delivery_id: int) -> OutgoingEvent:
    """Load the delivery with the current state of its rows."""
    delivery = db.session.get_one(WebhookDelivery, delivery_id)
    webhook = db.session.get_one(Webhook, delivery.webhook_id)
    if delivery.user_id is not None:
        return OutgoingEvent(delivery, webhook, user=users.details(delivery.user_id))
    event = _get(TicketEvent, delivery.event_id)
    if event is None:
        return OutgoingEvent(delivery, webhook)
    ticket = db.session.get_one(Ticket, event.ticket_id)
    comment = _get(Comment, event.comment_id)
    return OutgoingEvent(
        delivery,
        webhook,
        event=event,
        ticket=ticket,
        comment=comment,
        attachments=_attachments(comment) if comment else (),
        tags=_tags(ticket),
        products=_products(ticket, webhook),
        organization=db.session.get(Organization, ticket.organization_id),
        requester=_get(User, ticket.requester_id),
        assignee=_get(User, ticket.assignee_id),
        actor=_get(User, event.actor_id),
        author=_get(User, comment.author_id) if comment else None,
    )


def reason_not_to_send(outgoing: OutgoingEvent) -> str | None:
    """Why the delivery must not be sent any more, as a code, or None. Checks the rights of now."""
    webhook, subject = outgoing.webhook, outgoing.ticket or outgoing.user
    if not webhook.is_active:
        return "switched_off"
    if not has_authorized_owner(webhook):
        return "unanswered_for"
    if outgoing.delivery.type not in (*webhook.events, TEST_EVENT):
        return "unasked"
    if outgoing.ticket is not None and outgoing.ticket.deleted_at is not None:
        return "trashed"
    if outgoing.comment is not None and outgoing.comment.internal:
        return "internal"
    if webhook.belongs_to_desk or subject is None:
        return None
    if subject.organization_id != webhook.organization_id:
        return "moved"
    if outgoing.event is not None and outgoing.event.kind in INTERNAL_KINDS:
        return "internal"
    return None


def _attachments(comment: Comment) -> list[Attachment]:
    query = select(Attachment).where(Attachment.comment_id == comment.id).order_by(Attachment.id)
    return list(db.session.scalars(query))


def _tags(ticket: Ticket) -> list[str]:
    query = select(Tag.name).join(TicketTag).where(TicketTag.ticket_id == ticket.id)
    return list(db.session.scalars(query.order_by(Tag.name)))


def _products(ticket: Ticket, webhook: Webhook) -> list[Product]:
    """An organization is told of its own: the ticket may come from another."""
    query = select(Product).join(TicketProduct).where(TicketProduct.ticket_id == ticket.id)
    if not webhook.belongs_to_desk:
        query = query.where(Product.organization_id == webhook.organization_id)
    return list(db.session.scalars(query))


def _get(model: type[_Row], key: int | None) -> _Row | None:
    return None if key is None else db.session.get(model, key)
