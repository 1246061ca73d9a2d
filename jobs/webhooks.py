"""Handing events over to webhooks: their channel, the jobs that use it (`jobs.delivery`), a sweep.

They have a queue of their own, which a worker looks into after the one of mail. Events of one
webhook go one after the other, those of many side by side: who takes their time holds up nobody
but themselves. A job is one webhook's turn, and that of others while there is room.
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
from jobs.sweep import go_round
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
    """A request as it goes out."""

    host: str
    url: str
    body: bytes
    headers: dict[str, str]


@job
def deliver(webhook_id: int, turn: int) -> None:
    """A turn, first of that webhook. `turn` is 0 or 1, so that a turn can ask for another."""
    if delivery.deliver_due(EventHandler(webhook_id), _TURN_SECONDS):
        _enqueuer().enqueue(Job.DELIVER_WEBHOOK, webhook_id, 1 - turn)


@job
def sweep() -> None:
    """Do the parts that are due, whatever became of the one before."""
    go_round(Sweep.WEBHOOKS)


@part(Sweep.WEBHOOKS, every=EACH_SWEEP, within=MINUTE / 2)
def deliver_due() -> None:
    """A turn of all that something is due for."""
    # Jobs for those that were just being called have come and gone: what is left needs another.
    if delivery.deliver_due(EventHandler(), _SWEEP_SECONDS) and (left := _waiting()):
        _enqueuer().enqueue(Job.DELIVER_WEBHOOK, left[0], 0)


class EventHandler:
    """Events for all webhooks: first for one of them, if any, then for each in turn."""

    name = "webhook delivery"
    model = WebhookDelivery
    longest = 60.0  # more than any receiver is given
    at_once = 16

    def __init__(self, *first: int) -> None:
        self._next = deque(first)

    def claim(self) -> Claimed | None:
        """What is due longest at the next webhook that may be called and is not being called."""
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
        """The request, with what is there now."""
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
        """Call the receiver."""
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
        """Says nothing of the receiver."""
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
