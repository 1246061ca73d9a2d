"""Managing webhooks: create, change, test, switch on and off, redeliver.

A URL arrives as the `outbound.Target` of `outbound.check`: resolving its name takes time, and these
functions run under the write lock. A secret's text is returned once.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import or_

from portal import clock
from portal.errors import Invalid
from portal.extensions import db
from portal.models.delivery import OutboxState
from portal.models.people import Actor
from portal.models.webhooks import Webhook, WebhookDelivery, WebhookEvent, WebhookState
from portal.models.webhooks.webhook import TEST_EVENT
from portal.queries.organizations import organizations
from portal.queries.webhooks import webhooks as queries
from portal.queueing import Job, enqueue_after_commit
from portal.security import encryption, permissions
from portal.security.delivery import signatures
from portal.security.delivery.outbound import Target
from portal.security.people.step_up import sensitive
from portal.services.delivery import leases
from portal.services.delivery.webhook_events import RETRY_FOR, new_event_key
from portal.services.webhooks import deliveries, webhook_log

MAX_WEBHOOKS = 10
# How long the former secret signs as well.
ROTATION = timedelta(days=1)
# A test event is not retried for longer: the user will test again.
_TEST_FOR = timedelta(minutes=1)


@sensitive
def create(
    *, actor: Actor, organization_id: int | None, target: Target, events: Sequence[WebhookEvent]
) -> tuple[Webhook, str]:
    """Create a webhook of the organization (None: the desk); return it with its secret.

    Raises Invalid without events or with too many webhooks, NotConfigured without an encryption
    key.
    """
    if organization_id is not None and organization_id == actor.organization_id:
        _organization, actor = organizations.lock_own(actor)
    permissions.require(permissions.can_manage_webhooks(actor, organization_id))
    if len(queries.list_for(organization_id)) >= MAX_WEBHOOKS:
        raise Invalid(url="too_many_webhooks")
    secret = signatures.new_secret()
    webhook = Webhook(
        organization_id=organization_id,
        owner_id=actor.id,
        url=target.url,
        events=_checked(events),
        secret=encryption.encrypt(secret),
        state=WebhookState.ACTIVE,
        failures=0,
    )
    db.session.add(webhook)
    db.session.flush()
    webhook_log.record_and_notify(webhook, change="created", actor=actor)
    return webhook, secret


@sensitive
def update(
    *,
    actor: Actor,
    webhook: Webhook,
    target: Target | None = None,
    events: Sequence[WebhookEvent] | None = None,
) -> bool:
    """Change address or events; returns whether anything changed. The actor becomes its owner.

    `webhook` is locked by the caller, here and below.
    """
    _require(actor, webhook)
    url = target.url if target else webhook.url
    wanted = webhook.events if events is None else _checked(events)
    if (webhook.url, webhook.events, webhook.owner_id) == (url, wanted, actor.id):
        return False
    if webhook.url != url:
        deliveries.recover(webhook)
    webhook.url, webhook.events, webhook.owner_id = url, wanted, actor.id
    webhook_log.record_and_notify(webhook, change="updated", actor=actor)
    return True


@sensitive
def rotate_secret(*, actor: Actor, webhook: Webhook) -> str:
    """Create a new secret. The former one signs as well for a day."""
    _require(actor, webhook)
    secret = signatures.new_secret()
    webhook.former_secret, webhook.former_until = webhook.secret, clock.now() + ROTATION
    webhook.secret = encryption.encrypt(secret)
    webhook_log.record_and_notify(webhook, change="rotated", actor=actor)
    return secret


def signing_secrets(webhook: Webhook) -> list[str]:
    """The secrets that sign now, the newest first."""
    encrypted = [webhook.secret]
    if webhook.former_secret and webhook.former_until and webhook.former_until > clock.now():
        encrypted.append(webhook.former_secret)
    return [encryption.decrypt(text) for text in encrypted]


def switch_on(*, actor: Actor, webhook: Webhook) -> bool:
    """Activate it, with the actor as its owner; returns whether anything changed.

    Parked deliveries stay parked.
    """
    _require(actor, webhook)
    if webhook.is_active and webhook.owner_id == actor.id:
        return False
    webhook.state, webhook.owner_id = WebhookState.ACTIVE, actor.id
    deliveries.recover(webhook)
    webhook_log.record_and_notify(webhook, change="switched_on", actor=actor)
    return True


def switch_off(*, actor: Actor, webhook: Webhook) -> bool:
    """Pause it, and park waiting deliveries; returns whether anything changed."""
    _require(actor, webhook)
    if webhook.state == WebhookState.PAUSED:
        return False
    webhook.state = WebhookState.PAUSED
    deliveries.park_waiting(webhook, "switched_off")
    webhook_log.record_and_notify(webhook, change="switched_off", actor=actor)
    return True


@sensitive
def delete(*, actor: Actor, webhook: Webhook) -> None:
    """Delete it with its deliveries."""
    _require(actor, webhook)
    webhook_log.record_and_notify(webhook, change="deleted", actor=actor)
    db.session.delete(webhook)
    db.session.flush()


def send_test(*, actor: Actor, webhook: Webhook) -> WebhookDelivery:
    """Schedule a test event, sent at once even while the circuit is open."""
    _require(actor, webhook)
    _require_active(webhook)
    now = clock.now()
    delivery = WebhookDelivery(
        webhook_id=webhook.id,
        type=TEST_EVENT,
        event_key=new_event_key(),
        due_at=now - RETRY_FOR,  # ahead of all that waits
        give_up_at=now + _TEST_FOR,
    )
    db.session.add(delivery)
    _call_soon(webhook)
    return delivery


def redeliver(*, actor: Actor, webhook: Webhook, delivery: WebhookDelivery) -> bool:
    """Send an event again with the same id; False while it is waiting or being sent."""
    _require(actor, webhook)
    _require_active(webhook)
    now = clock.now()
    settled = or_(
        WebhookDelivery.state != OutboxState.PENDING,
        (WebhookDelivery.lease.is_(None) & (WebhookDelivery.due_at > now)),
    )
    again = leases.change(
        WebhookDelivery,
        (WebhookDelivery.id == delivery.id) & settled,
        state=OutboxState.PENDING,
        due_at=now,
        give_up_at=now + RETRY_FOR,
        attempts=0,
        lease=None,
        sent_at=None,
    )
    if again:
        _call_soon(webhook)
    return again


def _require(actor: Actor, webhook: Webhook) -> None:
    permissions.require(permissions.can_manage_webhooks(actor, webhook.organization_id))


def _require_active(webhook: Webhook) -> None:
    if not webhook.is_active:
        raise Invalid(state="switched_off")


def _checked(events: Sequence[WebhookEvent]) -> list[str]:
    if not events:
        raise Invalid(events="required")
    return [event.value for event in WebhookEvent if event in events]


def _call_soon(webhook: Webhook) -> None:
    """Let it be called now, though its circuit is open."""
    if webhook.retry_at is not None:
        webhook.retry_at = clock.now()
    db.session.flush()
    enqueue_after_commit(db.session(), Job.DELIVER_WEBHOOK, webhook.id, 0)
