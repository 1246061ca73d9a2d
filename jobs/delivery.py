"""The delivery loop: claim, compose, send, settle, and the next row.

Running it twice, or killing it, costs at most a duplicate. Each step that uses the database is a
`@job` of its own, committed before the next begins, so no transaction is open while a remote server
is waited for. What is delivered, and how, is defined by handlers: `jobs.outbox` (mail),
`jobs.webhooks`, `jobs.exports`.
"""

import logging
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from jobs import job
from jobs.delivery_handler import AnyHandler, Claimed, Settle
from portal import logs
from portal.extensions import begin_write, setting
from portal.isolation import attempt
from portal.services.delivery import leases
from portal.services.delivery.leases import Lease

log = logging.getLogger(__name__)

# While something is being sent and there is room for more: how often that is looked for.
_LOOK_SECONDS = 0.25
T = TypeVar("T")


def deliver_due(handler: AnyHandler, seconds: float) -> bool:
    """Deliver due rows for up to `seconds`; True when time ran out before the rows did."""
    until = time.monotonic() + seconds
    sending: dict[Future[Settle], Claimed] = {}
    over = False
    claimed = _settle_and_claim(handler, None)
    with (
        _InlineExecutor()
        if handler.at_once == 1
        else ThreadPoolExecutor(handler.at_once) as executor
    ):
        while claimed or sending:
            if claimed:
                sending[_begin(handler, claimed, executor)] = claimed
            full = len(sending) == handler.at_once
            tried = _finished(sending, None if full else 0 if claimed else _LOOK_SECONDS)
            over = time.monotonic() > until
            claimed = _next(handler, tried, more=not over and len(sending) < handler.at_once)
    return over


def _begin(handler: AnyHandler, claimed: Claimed, executor: Executor) -> Future[Settle]:
    """Compose the message here, and submit it to be sent."""
    within = min(handler.longest, setting("OUTBOX_LEASE").total_seconds() / 2)

    def send(message: object) -> Settle:
        return handler.send(claimed, message, within)

    with logs.bind_request_id(claimed.request_id):
        message = _guarded(handler, claimed, lambda: _composed(handler, claimed, within))
        if isinstance(message, partial):
            return _InlineExecutor().submit(lambda: message)
        return executor.submit(
            copy_context().run, lambda: _guarded(handler, claimed, lambda: send(message))
        )


def _composed(handler: AnyHandler, claimed: Claimed, within: float) -> object:
    lease = claimed.lease
    message = handler.compose(claimed)
    # The last look before it leaves: a worker that was frozen may have lost its lease. Half of it
    # at most is for sending, so that nothing is sent under a lease that has run out.
    if isinstance(message, partial) or _still_holds(handler, lease, within):
        return message
    return lease_lost(handler, lease)


def lease_lost(handler: AnyHandler, lease: Lease) -> Settle:
    """A settlement that only logs: another worker has the lease."""
    return partial(log.info, "%s %s went to another worker", handler.name, lease.row_id)


def _guarded(handler: AnyHandler, claimed: Claimed, step: Callable[[], T]) -> T | Settle:
    """Run `step`; on an exception, postpone the row with its reason."""
    try:
        return step()
    except Exception as error:
        log.exception("%s %s could not be sent", handler.name, claimed.lease.row_id)
        return partial(handler.postpone, claimed.lease, error)


def _finished(
    sending: dict[Future[Settle], Claimed], patience: float | None
) -> list[tuple[Claimed, Settle]]:
    done, _rest = wait(sending, timeout=patience, return_when=FIRST_COMPLETED)
    return [(sending.pop(one), one.result()) for one in done]


def _next(
    handler: AnyHandler, tried: list[tuple[Claimed, Settle]], *, more: bool
) -> Claimed | None:
    """Settle what was tried; and claim the next row if `more`."""
    if not tried and not more:
        return None
    # Each in a unit of its own: what one of them locks is not held while another waits.
    for claimed, settle in tried[1:]:
        _settle_alone(handler, claimed.lease, settle)
    for claimed, settle in tried[:1]:
        try:
            return _settle_and_claim(handler, settle, more=more)
        except Exception:
            log.exception("%s %s could not be settled", handler.name, claimed.lease.row_id)
            _settle_alone(handler, claimed.lease, settle)
    # Whether or not there is more: what is still being sent has to be settled.
    return attempt(
        "claiming of", lambda _name: _settle_and_claim(handler, None, more=more), handler.name
    )


def _settle_alone(handler: AnyHandler, lease: Lease, settle: Settle) -> None:
    try:
        _settle(settle)
    except Exception as error:
        log.exception("%s %s could not be settled", handler.name, lease.row_id)
        # Those behind it do not wait until its lease runs out.
        attempt("postponing of", _settle, partial(handler.postpone, lease, error))


@job
def _settle(settle: Settle) -> None:
    begin_write(finishing=True)
    settle()


@job
def _settle_and_claim(
    handler: AnyHandler, settle: Settle | None, *, more: bool = True
) -> Claimed | None:
    """Both in one transaction: one disk sync for each try."""
    may_begin = begin_write(finishing=settle is not None)
    if settle:
        settle()
    claimed: Claimed | None = handler.claim() if more and may_begin else None
    return claimed


def _still_holds(handler: AnyHandler, lease: Lease, seconds: float) -> bool:
    """Whether the lease lasts for so many seconds, renewed if necessary."""
    return _lasts(handler, lease, seconds) or _renew(handler, lease)


@job
def _lasts(handler: AnyHandler, lease: Lease, seconds: float) -> bool:
    return leases.lasts_for(handler.model, lease, timedelta(seconds=seconds))


@job
def _renew(handler: AnyHandler, lease: Lease) -> bool:
    begin_write(finishing=True)
    return leases.renew(handler.model, lease)


class _InlineExecutor(Executor):
    """Runs functions at once, in the calling thread."""

    def submit(self, function: Callable[..., T], /, *args: Any, **options: Any) -> Future[T]:
        future: Future[T] = Future()
        future.set_result(function(*args, **options))
        return future
