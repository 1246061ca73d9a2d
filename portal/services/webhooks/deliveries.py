"""Webhook deliveries: leases, and results of tries. Sending is in `jobs.webhooks`.

Rows are leased like mails (`services.delivery.leases`), one of a webhook at a time. Each webhook
has a circuit breaker: after some consecutive failures nothing is sent before a moment, then one
delivery is the probe. Deliveries that wait meanwhile use up no tries; after a day they are parked.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select

from portal import clock
from portal.extensions import db
from portal.models.delivery import OutboxState
from portal.models.webhooks import Webhook, WebhookAttempt, WebhookDelivery, WebhookState
from portal.queries.webhooks import deliveries as queries
from portal.queueing import Job, enqueue_later
from portal.services.delivery import leases
from portal.services.delivery.leases import Lease
from portal.services.webhooks import webhook_log

KEEP = timedelta(days=30)
OPENS_AFTER = 5
# Less than a day, so that the last try of the first event that failed is the one that decides.
_FAILS_AFTER = timedelta(hours=20)
# Longer than any pause between tries: failures further apart are unrelated.
_FORGETS_AFTER = timedelta(hours=6)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=10), timedelta(hours=2)
_FIRST_REST, _LONGEST_REST = timedelta(seconds=30), timedelta(hours=1)
# Longer than a probe can take: its worker may die.
_PROBE = timedelta(seconds=30)
_GONE = 410


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of a try. Without a response `status` is None and `error` has a code."""

    host: str
    status: int | None
    error: str | None
    milliseconds: int

    @property
    def reason(self) -> str | None:
        """Why it counts as a failure, as a code; None for a success."""
        if self.status is None:
            return self.error
        return None if 200 <= self.status < 300 else "status"


def claim_next(webhook_id: int) -> Lease | None:
    """The lease on the webhook's longest due delivery; None when nothing may be sent.

    None too while another of its deliveries is being sent.
    """
    # The transaction may hold other rows' locks, so it must not wait for this one.
    query = select(Webhook).where(Webhook.id == webhook_id)
    webhook = db.session.scalar(query.with_for_update(key_share=True, skip_locked=True))
    now = clock.now()
    if webhook is None or not webhook.is_active or (webhook.retry_at or now) > now:
        return None
    delivery_id = queries.next_due(webhook_id)
    if delivery_id is None or queries.is_being_called(webhook_id):
        return None
    if webhook.retry_at is not None:
        webhook.retry_at = now + _PROBE
        db.session.flush()
    return leases.claim(WebhookDelivery, delivery_id)


def drop(lease: Lease, reason: str) -> bool:
    """Settle a delivery that must not be sent any more. Says nothing about the receiver."""
    return _settle_untried(lease, OutboxState.DROPPED, reason)


def park(lease: Lease, reason: str) -> bool:
    """Park a delivery for which retrying is pointless. Says nothing about the receiver."""
    return _settle_untried(lease, OutboxState.PARKED, reason)


def _settle_untried(lease: Lease, state: OutboxState, reason: str) -> bool:
    webhook = _webhook(lease)
    if webhook is not None and webhook.retry_at is not None:
        webhook.retry_at = (
            clock.now()
        )  # the receiver was not called, so the next delivery is the probe
    return leases.settle(WebhookDelivery, lease, state, error=reason)


def record(lease: Lease, outcome: Outcome) -> None:
    """Record the result of a try for delivery and webhook, unless the webhook is deleted."""
    webhook = _webhook(lease)
    if webhook is None:
        return
    db.session.add(
        WebhookAttempt(
            delivery_id=lease.row_id,
            host=outcome.host,
            status=outcome.status,
            error=outcome.error,
            milliseconds=outcome.milliseconds,
        )
    )
    if outcome.reason is None:
        leases.settle(WebhookDelivery, lease, OutboxState.SENT, sent_at=clock.now(), error=None)
        recover(webhook)
    else:
        _postpone(lease, outcome.reason)
        _failed(webhook, gone=outcome.status == _GONE)
    _call_again(webhook)


def _call_again(webhook: Webhook) -> None:
    """Let a worker come when the next delivery is due and the webhook does not rest."""
    due_at = queries.next_due_at(webhook.id)
    if due_at is None or not webhook.is_active:
        return
    moment = max(due_at, webhook.retry_at or due_at)
    if moment > clock.now():  # what is due by now is taken by whoever is at it
        enqueue_later(db.session(), moment, Job.DELIVER_WEBHOOK, webhook.id, 0)


def postpone(lease: Lease, reason: str) -> bool:
    """Retry after a pause, or park when that would be after `give_up_at`."""
    postponed = _postpone(lease, reason)
    if (webhook := _webhook(lease)) is not None:
        _call_again(webhook)
    return postponed


def _postpone(lease: Lease, reason: str) -> bool:
    pause = leases.backoff(lease.attempt, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE)
    delivery = db.session.get(WebhookDelivery, lease.row_id)
    if delivery is None or clock.now() + pause > delivery.give_up_at:
        return leases.settle(WebhookDelivery, lease, OutboxState.PARKED, error=reason)
    return leases.postpone(WebhookDelivery, lease, reason, pause)


def park_waiting(webhook: Webhook, reason: str) -> None:
    """Park all waiting deliveries of a webhook that was switched off."""
    waiting = (WebhookDelivery.webhook_id == webhook.id) & leases.unleased(WebhookDelivery)
    leases.change(WebhookDelivery, waiting, state=OutboxState.PARKED, error=reason)


def park_old() -> None:
    """Park deliveries that are past `give_up_at`."""
    old = leases.due(WebhookDelivery) & (WebhookDelivery.give_up_at <= clock.now())
    leases.change(WebhookDelivery, old, state=OutboxState.PARKED, error="late")


def delete_old(limit: int) -> int:
    """Delete up to `limit` old settled deliveries with their tries; return how many."""
    old = (
        select(WebhookDelivery.id)
        .where(
            WebhookDelivery.state.in_(
                [OutboxState.SENT, OutboxState.PARKED, OutboxState.DROPPED],
            ),
            WebhookDelivery.due_at < clock.now() - KEEP,
        )
        .limit(limit)
    )
    ids = list(db.session.scalars(old))
    if ids:
        db.session.execute(delete(WebhookDelivery).where(WebhookDelivery.id.in_(ids)))
    return len(ids)


def _webhook(lease: Lease) -> Webhook | None:
    """The webhook of a leased delivery, locked; None when it was deleted."""
    query = select(Webhook).join(WebhookDelivery).where(WebhookDelivery.id == lease.row_id)
    return db.session.scalars(query.with_for_update(key_share=True, of=Webhook)).one_or_none()


def recover(webhook: Webhook) -> None:
    """Reset failures and close the circuit."""
    webhook.failures = 0
    webhook.failing_since = webhook.failed_at = webhook.retry_at = None


def _failed(webhook: Webhook, *, gone: bool) -> None:
    now = clock.now()
    if webhook.failed_at is not None and webhook.failed_at < now - _FORGETS_AFTER:
        recover(webhook)
    webhook.failures = min(webhook.failures + 1, 10_000)
    webhook.failing_since, webhook.failed_at = webhook.failing_since or now, now
    if webhook.failures >= OPENS_AFTER:
        rests = webhook.failures - OPENS_AFTER + 1
        webhook.retry_at = now + leases.backoff(rests, first=_FIRST_REST, longest=_LONGEST_REST)
    if webhook.is_active and (gone or webhook.failing_since <= now - _FAILS_AFTER):
        _switch_off(webhook)


def _switch_off(webhook: Webhook) -> None:
    """Stop calling an unreachable receiver, and notify those who manage it."""
    webhook.state = WebhookState.FAILED
    park_waiting(webhook, "switched_off")
    webhook_log.record_and_notify(webhook, change="failed")
