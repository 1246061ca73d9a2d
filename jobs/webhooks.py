"""Delivery of webhooks: the handler, the jobs that run the loop (`jobs.delivery`), and a sweep.

Events of one webhook are sent one after another, those of different webhooks concurrently, so a
slow receiver delays only its own. A job begins with one webhook and goes on with others.
"""

import json
import logging
import time
from collections import deque
from functools import partial
from typing import NamedTuple

from flask import current_app

from jobs import delivery, job
from jobs.delivery_handler import Claimed, Settle
from jobs.parts.registry import EACH_SWEEP, MINUTE, Sweep, part
from jobs.sweep import run_due_parts
from portal import clock
from portal.errors import NotConfigured
from portal.extensions import begin_write, db
from portal.isolation import attempt
from portal.models.webhooks import WebhookDelivery
from portal.queries.webhooks import deliveries as queries
from portal.queries.webhooks import outgoing as outgoing_events
from portal.queries.webhooks.outgoing import OutgoingEvent
from portal.queueing import Enqueuer, Job
from portal.security.delivery import outbound, signatures
from portal.security.delivery.outbound import OutboundError
from portal.services.delivery.leases import Lease
from portal.services.webhooks import deliveries, webhooks
from portal.services.webhooks.deliveries import Outcome
from portal.webhook_payloads import payload

log = logging.getLogger(__name__)

_TURN_SECONDS = 5.0
# The next sweep goes on.
_SWEEP_SECONDS = 10.0
_BATCH = 500


class Message(NamedTuple):
    """An HTTP request to send."""

    host: str
    url: str
    body: bytes
    headers: dict[str, str]


@job
def deliver(webhook_id: int, turn: int) -> None:
    """Deliver for a moment, first to that webhook.

    `turn` alternates so that a job can enqueue the next.
    """
    if delivery.deliver_due(EventHandler(webhook_id), _TURN_SECONDS):
        _enqueuer().enqueue(Job.DELIVER_WEBHOOK, webhook_id, 1 - turn)


@job
def sweep() -> None:
    """Run the parts that are due."""
    run_due_parts(Sweep.WEBHOOKS)


@part(Sweep.WEBHOOKS, every=EACH_SWEEP, within=MINUTE / 2)
def deliver_due() -> None:
    """Deliver all due events."""
    # Jobs for those that were just being called have come and gone: what is left needs another.
    if delivery.deliver_due(EventHandler(), _SWEEP_SECONDS) and (left := _waiting()):
        _enqueuer().enqueue(Job.DELIVER_WEBHOOK, left[0], 0)


class EventHandler:
    """Delivers events of all webhooks in turn, beginning with `first`."""

    name = "webhook delivery"
    model = WebhookDelivery
    longest = 60.0  # more than any receiver is given
    at_once = 16

    def __init__(self, *first: int) -> None:
        self._next = deque(first)

    def claim(self) -> Claimed | None:
        """The next webhook's longest due event."""
        if claimed := self._claim():
            return claimed
        self._next.extend(queries.webhooks_with_due())
        return self._claim()

    def _claim(self) -> Claimed | None:
        while self._next:
            webhook_id = self._next.popleft()
            if lease := attempt("webhook", _claim, webhook_id):
                self._next.append(webhook_id)
                return Claimed(lease)
        return None

    @job
    def compose(self, item: Claimed) -> Message | Settle:
        """Compose the request with the current state and rights."""
        outgoing = outgoing_events.read(item.lease.row_id)
        if (reason := outgoing_events.reason_not_to_send(outgoing)) is not None:
            return partial(deliveries.drop, item.lease, reason)
        try:
            return _message(outgoing)
        except NotConfigured:
            raise  # keys are missing: a later try may find them
        except Exception:
            log.exception("webhook delivery %s cannot be made", item.lease.row_id)
            return partial(deliveries.park, item.lease, "broken")

    def send(self, item: Claimed, message: Message, within: float) -> Settle:
        began = time.monotonic()
        status, error = None, None
        try:
            status = outbound.post(message.url, message.body, message.headers, within=within)
        except OutboundError as problem:
            error = problem.code
            log.warning("webhook at %s: %s", message.host, error)
        outcome = Outcome(message.host, status, error, round((time.monotonic() - began) * 1000))
        return partial(deliveries.record, item.lease, outcome)

    def postpone(self, lease: Lease, error: Exception) -> object:  # noqa: ARG002
        """Does not count as a failure of the receiver."""
        return deliveries.postpone(lease, "broken")


def _claim(webhook_id: int) -> Lease | None:
    with db.session.begin_nested():  # one that cannot be read stops none of the others
        return deliveries.claim_next(webhook_id)


def _message(outgoing: OutgoingEvent) -> Message:
    body = json.dumps(payload(outgoing), ensure_ascii=False, separators=(",", ":")).encode()
    headers = signatures.headers(
        event_key=outgoing.delivery.event_key,
        moment=clock.now(),
        body=body,
        keys=webhooks.signing_secrets(outgoing.webhook),
    )
    headers["Content-Type"] = "application/json"
    return Message(outgoing.webhook.host, outgoing.webhook.url, body, headers)


@job
def _waiting() -> list[int]:
    return queries.webhooks_with_due()


def _enqueuer() -> Enqueuer:
    found: Enqueuer = current_app.extensions["lodge.enqueuer"]
    return found


@part(Sweep.WEBHOOKS, every=MINUTE, within=3 * MINUTE)
@job
def _park_old() -> None:
    begin_write()
    deliveries.park_old()


@part(Sweep.WEBHOOKS, every=MINUTE, within=3 * MINUTE)
@job
def _delete_old() -> None:
    begin_write()
    deliveries.delete_old(_BATCH)
