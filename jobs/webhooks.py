"""Handing events over to webhooks. As with mail, the row is the truth and a kill costs a copy.

They have a queue of their own, which a worker looks into after the one of mail. A job is one
webhook's turn: it is short, so a slow receiver holds up others for seconds, and what is left
waits for the next turn, behind the others.
"""

import json
import logging
import time
from typing import NamedTuple

from flask import current_app

from jobs import job
from jobs.sweep import go_round
from portal import clock
from portal.errors import NotConfigured
from portal.extensions import begin_write, setting
from portal.isolation import alone
from portal.models.operations import Pulse
from portal.queries.webhooks import deliveries as queries
from portal.queueing import Enqueuer, Job
from portal.security.delivery import outbound, signatures
from portal.security.delivery.outbound import OutboundError
from portal.services.delivery.leases import Lease
from portal.services.webhooks import deliveries, webhooks
from portal.services.webhooks.deliveries import Outcome
from portal.webhooks import payload

log = logging.getLogger(__name__)

_TURN_SECONDS = 5.0
# In a sweep, a turn of each that waits; the next sweep goes on.
_SWEEP_SECONDS = 10.0
_SWEEP_TURN_SECONDS = 2.0
_BATCH = 500


class Message(NamedTuple):
    """A request as it goes out."""

    host: str
    url: str
    body: bytes
    headers: dict[str, str]


@job
def deliver(webhook_id: int, turn: int) -> None:
    """One turn of a webhook. `turn` is 0 or 1, so that a turn can ask for another."""
    if take_turn(webhook_id, _TURN_SECONDS):
        enqueuer: Enqueuer = current_app.extensions["lodge.enqueuer"]
        enqueuer.enqueue(Job.DELIVER_WEBHOOK, webhook_id, 1 - turn)


@job
def sweep() -> None:
    """Do each part, whatever became of the one before it."""
    go_round(Pulse.WEBHOOKS, PARTS)


def deliver_due() -> None:
    """A turn for each webhook that something is due for, for a bounded time."""
    until = time.monotonic() + _SWEEP_SECONDS
    for webhook_id in _waiting():
        if time.monotonic() > until:
            return
        alone("webhook", lambda each: take_turn(each, _SWEEP_TURN_SECONDS), webhook_id)


def take_turn(webhook_id: int, seconds: float) -> bool:
    """Hand over what is due there; whether time ran out before the work did."""
    until = time.monotonic() + seconds
    while lease := _claim(webhook_id):
        _attempt(lease)
        if time.monotonic() > until:
            return True
    return False


def _attempt(lease: Lease) -> None:
    """Try once, whatever comes of it: the others of the webhook have their turn."""
    try:
        _hand_over(lease)
    except Exception:
        log.exception("webhook delivery %s failed", lease.row_id)
        alone("postponing of delivery", lambda _id: _postpone(lease, "broken"), lease.row_id)


def _hand_over(lease: Lease) -> None:
    message = _compose(lease)
    # The last look before it leaves: a worker that was frozen may have lost its lease.
    if message is not None and _renew(lease):
        _record(lease, _send(message))


def _send(message: Message) -> Outcome:
    began = time.monotonic()
    status, error = None, None
    try:
        # Half the lease at most, so that nothing is sent under a lease that has run out.
        within = setting("OUTBOX_LEASE").total_seconds() / 2
        status = outbound.post(message.url, message.body, message.headers, within=within)
    except OutboundError as problem:
        error = problem.code
        log.warning("webhook at %s: %s", message.host, error)
    return Outcome(message.host, status, error, round((time.monotonic() - began) * 1000))


@job
def _claim(webhook_id: int) -> Lease | None:
    begin_write()
    return deliveries.claim_next(webhook_id)


@job
def _compose(lease: Lease) -> Message | None:
    """The request; None when it must not or cannot leave, which is then written down."""
    outgoing = queries.outgoing_event(lease.row_id)
    if (reason := queries.reason_not_to_send(outgoing)) is not None:
        begin_write()
        deliveries.drop(lease, reason)
        return None
    try:
        return _message(outgoing)
    except NotConfigured:
        raise  # keys are missing: a later try may find them
    except Exception:
        log.exception("webhook delivery %s cannot be made", lease.row_id)
        begin_write()
        deliveries.park(lease, "broken")
        return None


def _message(outgoing: queries.OutgoingEvent) -> Message:
    body = json.dumps(payload(outgoing), ensure_ascii=False, separators=(",", ":")).encode()
    headers = signatures.headers(
        event_key=outgoing.delivery.event_key,
        moment=clock.now(),
        body=body,
        keys=webhooks.keys(outgoing.webhook),
    )
    headers["Content-Type"] = "application/json"
    return Message(outgoing.webhook.host, outgoing.webhook.url, body, headers)


@job
def _renew(lease: Lease) -> bool:
    begin_write()
    return deliveries.renew(lease)


@job
def _record(lease: Lease, outcome: Outcome) -> None:
    begin_write()
    deliveries.record(lease, outcome)


@job
def _postpone(lease: Lease, reason: str) -> None:
    begin_write()
    deliveries.postpone(lease, reason)


@job
def _waiting() -> list[int]:
    return queries.waiting()


@job
def _park_old() -> None:
    begin_write()
    deliveries.park_old()


@job
def _delete_old() -> None:
    begin_write()
    deliveries.delete_old(_BATCH)


PARTS = (_park_old, deliver_due, _delete_old)
