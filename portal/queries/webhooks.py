"""Reads of webhooks: who hears of an event, what is due, and all that one event is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import bindparam, func, or_, select

from portal import clock
from portal.errors import NotFound
from portal.extensions import db
from portal.models import (
    Actor,
    Attachment,
    Comment,
    Organization,
    OutboxState,
    Tag,
    Ticket,
    TicketEvent,
    TicketTag,
    User,
    Webhook,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEvent,
    WebhookState,
)
from portal.models.ticket_event import INTERNAL_KINDS
from portal.models.webhook import TEST_EVENT
from portal.queries.paging import AnyRow, Page, cut
from portal.security import permissions

PAGE = 30
# More organizations' webhooks than one sweep could serve.
_DUE = 100
_Row = TypeVar("_Row")

# Asked at each change of a ticket, so it is built once and reads one index.
_LISTENERS = (
    select(Webhook.id, Webhook.organization_id, Webhook.events)
    .where(
        or_(
            Webhook.organization_id.is_(None),
            Webhook.organization_id == bindparam("organization_id"),
        ),
        Webhook.state == WebhookState.ACTIVE,
    )
    .order_by(Webhook.id)
    # One that is deleted at the same moment must not fail the change that it would hear of.
    .with_for_update(read=True, key_share=True)
)


def listeners(organization_id: int, event: WebhookEvent, *, internal: bool) -> list[int]:
    """Ids of the webhooks that hear of such an event in that organization.

    What is `internal` among staff is for the desk's own.
    """
    rows = db.session.execute(_LISTENERS, {"organization_id": organization_id})
    return [
        row.id
        for row in rows
        if event.value in row.events and not (internal and row.organization_id is not None)
    ]


def of(organization_id: int | None) -> list[Webhook]:
    """The webhooks of an organization, or the desk's, oldest first."""
    query = select(Webhook).where(Webhook.organization_id == organization_id)
    return list(db.session.scalars(query.order_by(Webhook.id)))


def find(actor: Actor, webhook_id: int, *, lock: bool = False) -> Webhook:
    """A webhook that `actor` may see to. Raises NotFound for a foreign one as for none."""
    query = select(Webhook).where(Webhook.id == webhook_id)
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    webhook = db.session.scalar(query)
    if webhook is None or not permissions.can_manage_webhooks(actor, webhook.organization_id):
        raise NotFound
    return webhook


def is_answered_for(webhook: Webhook) -> bool:
    """Whether who set it up or took it over may still see to it."""
    owner = None if webhook.owner_id is None else db.session.get(User, webhook.owner_id)
    return (
        owner is not None
        and owner.is_active
        and permissions.can_manage_webhooks(owner.actor, webhook.organization_id)
    )


@dataclass(frozen=True, slots=True)
class Parcel:
    """One event for one webhook, with what it speaks of as it is now."""

    delivery: WebhookDelivery
    webhook: Webhook
    event: TicketEvent | None = None
    ticket: Ticket | None = None
    comment: Comment | None = None
    attachments: Sequence[Attachment] = ()
    tags: Sequence[str] = ()
    user: User | None = None
    organization: Organization | None = None
    requester: User | None = None
    assignee: User | None = None
    actor: User | None = None
    author: User | None = None


def parcel(delivery_id: int) -> Parcel:
    """What that delivery is made of."""
    delivery = db.session.get_one(WebhookDelivery, delivery_id)
    webhook = db.session.get_one(Webhook, delivery.webhook_id)
    if delivery.user_id is not None:
        user = db.session.get_one(User, delivery.user_id)
        organization = db.session.get(Organization, user.organization_id)
        return Parcel(delivery, webhook, user=user, organization=organization)
    event = _get(TicketEvent, delivery.event_id)
    if event is None:
        return Parcel(delivery, webhook)
    ticket = db.session.get_one(Ticket, event.ticket_id)
    comment = _get(Comment, event.comment_id)
    return Parcel(
        delivery,
        webhook,
        event=event,
        ticket=ticket,
        comment=comment,
        attachments=_attachments(comment) if comment else (),
        tags=_tags(ticket),
        organization=db.session.get(Organization, ticket.organization_id),
        requester=_get(User, ticket.requester_id),
        assignee=_get(User, ticket.assignee_id),
        actor=_get(User, event.actor_id),
        author=_get(User, comment.author_id) if comment else None,
    )


def objection(parcel: Parcel) -> str | None:
    """Why the event must not leave although it was owed, as a code: rights are those of now."""
    webhook, subject = parcel.webhook, parcel.ticket or parcel.user
    if not webhook.is_active:
        return "switched_off"
    if not is_answered_for(webhook):
        return "unanswered_for"
    if parcel.delivery.type not in (*webhook.events, TEST_EVENT):
        return "unasked"
    if parcel.comment is not None and parcel.comment.internal:
        return "internal"
    if webhook.is_desks or subject is None:
        return None
    if subject.organization_id != webhook.organization_id:
        return "moved"
    if parcel.event is not None and parcel.event.kind in INTERNAL_KINDS:
        return "internal"
    return None


def due(webhook_id: int) -> int | None:
    """The id of the delivery that has been due longest there."""
    query = (
        select(WebhookDelivery.id)
        .where(
            WebhookDelivery.webhook_id == webhook_id,
            WebhookDelivery.state == OutboxState.PENDING,
            WebhookDelivery.due_at <= clock.now(),
        )
        .order_by(WebhookDelivery.due_at, WebhookDelivery.id)
        .limit(1)
    )
    return db.session.scalar(query)


def waiting() -> list[int]:
    """Ids of webhooks that may be called now and have something due, the longest first."""
    now = clock.now()
    query = (
        select(WebhookDelivery.webhook_id)
        .join(Webhook, Webhook.id == WebhookDelivery.webhook_id)
        .where(
            WebhookDelivery.state == OutboxState.PENDING,
            WebhookDelivery.due_at <= now,
            Webhook.state == WebhookState.ACTIVE,
            or_(Webhook.retry_at.is_(None), Webhook.retry_at <= now),
        )
        .group_by(WebhookDelivery.webhook_id)
        .order_by(func.min(WebhookDelivery.due_at))
        .limit(_DUE)
    )
    return list(db.session.scalars(query))


_LAST = (
    select(func.max(WebhookAttempt.id))
    .where(WebhookAttempt.delivery_id == WebhookDelivery.id)
    .correlate(WebhookDelivery)
    .scalar_subquery()
)


def deliveries(webhook_id: int, *, before: int | None = None, size: int = PAGE) -> Page[AnyRow]:
    """(WebhookDelivery, its last WebhookAttempt, the ticket's id), newest first."""
    query = (
        select(WebhookDelivery, WebhookAttempt, TicketEvent.ticket_id)
        .outerjoin(WebhookAttempt, WebhookAttempt.id == _LAST)
        .outerjoin(TicketEvent, TicketEvent.id == WebhookDelivery.event_id)
        .where(WebhookDelivery.webhook_id == webhook_id)
        .order_by(WebhookDelivery.id.desc())
        .limit(size + 1)
    )
    if before is not None:
        query = query.where(WebhookDelivery.id < before)
    return cut(list(db.session.execute(query)), size, lambda row: str(row[0].id))


def delivery(webhook: Webhook, delivery_id: int) -> WebhookDelivery:
    """One of the webhook's. Raises NotFound."""
    found = db.session.get(WebhookDelivery, delivery_id)
    if found is None or found.webhook_id != webhook.id:
        raise NotFound
    return found


def attempts(delivery_id: int) -> list[WebhookAttempt]:
    """Each try, newest first."""
    query = select(WebhookAttempt).where(WebhookAttempt.delivery_id == delivery_id)
    return list(db.session.scalars(query.order_by(WebhookAttempt.id.desc()).limit(100)))


def _attachments(comment: Comment) -> list[Attachment]:
    query = select(Attachment).where(Attachment.comment_id == comment.id).order_by(Attachment.id)
    return list(db.session.scalars(query))


def _tags(ticket: Ticket) -> list[str]:
    query = select(Tag.name).join(TicketTag).where(TicketTag.ticket_id == ticket.id)
    return list(db.session.scalars(query.order_by(Tag.name)))


def _get(model: type[_Row], key: int | None) -> _Row | None:
    return None if key is None else db.session.get(model, key)
