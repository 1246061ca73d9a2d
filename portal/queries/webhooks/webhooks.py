"""Reads of webhooks: subscribers of an event, and whether their owner may manage them."""

from sqlalchemy import bindparam, or_, select

from portal.errors import NotFound
from portal.extensions import db
from portal.models.people import Actor, User
from portal.models.webhooks import Webhook, WebhookEvent, WebhookState
from portal.prepared import Prepared
from portal.queries.paging import AnyRow
from portal.security import permissions

# Executed at each change of a ticket.
_LISTENERS: Prepared[AnyRow] = Prepared(
    select(Webhook.id, Webhook.organization_id, Webhook.events)
    .where(
        or_(
            Webhook.organization_id.is_(None),
            Webhook.organization_id == bindparam("organization_id"),
        ),
        Webhook.state == WebhookState.ACTIVE,
    )
    .order_by(Webhook.id)
    # A concurrent deletion of the webhook must not make the ticket's change fail.
    .with_for_update(read=True, key_share=True)
)


def subscribed(organization_id: int, event: WebhookEvent, *, internal: bool) -> list[int]:
    """Ids of webhooks that receive such an event of that organization.

    `internal` events are for the desk's own webhooks.
    """
    return [
        row.id
        for row in _LISTENERS.all({"organization_id": organization_id})
        if event.value in row.events and not (internal and row.organization_id is not None)
    ]


def list_for(organization_id: int | None) -> list[Webhook]:
    """Webhooks of an organization (None: of the desk), oldest first."""
    query = select(Webhook).where(Webhook.organization_id == organization_id)
    return list(db.session.scalars(query.order_by(Webhook.id)))


def held(limit: int = 50) -> list[Webhook]:
    """Webhooks that are switched off after failures, or are given rest; the longest first."""
    query = select(Webhook).where(
        or_(Webhook.state == WebhookState.FAILED, Webhook.retry_at.is_not(None))
    )
    return list(db.session.scalars(query.order_by(Webhook.failing_since, Webhook.id).limit(limit)))


def find(actor: Actor, webhook_id: int, *, lock: bool = False) -> Webhook:
    """A webhook that `actor` may manage. Raises NotFound for another's as for none."""
    query = select(Webhook).where(Webhook.id == webhook_id)
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    webhook = db.session.scalar(query)
    if webhook is None or not permissions.can_manage_webhooks(actor, webhook.organization_id):
        raise NotFound
    return webhook


def has_authorized_owner(webhook: Webhook) -> bool:
    """Whether its owner is active and may still manage it."""
    owner = None if webhook.owner_id is None else db.session.get(User, webhook.owner_id)
    return (
        owner is not None
        and owner.is_active
        and permissions.can_manage_webhooks(owner.actor, webhook.organization_id)
    )
