"""Delivering owed mail. The row is the truth; being rung twice, or killed, costs at most a copy.

Each step that touches the database is a `@job` of its own, with its own session, committed before
the next begins: no transaction is open while a mail server takes its time.
"""

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import NamedTuple, TypeAlias

from flask import current_app

from jobs import job
from portal import logs
from portal.extensions import begin_write, db, setting
from portal.mail import messages, outgoing
from portal.mail.failures import PermanentFailure, ServerFailure, TemporaryFailure, as_reason
from portal.mail.message import Message
from portal.mail.transport import Sender, Transport
from portal.models.delivery import Outbox
from portal.queries.delivery import outbox as outbox_queries
from portal.queueing import Enqueuer, Job
from portal.security.people import tokens
from portal.services.delivery import outbox
from portal.services.delivery.leases import Lease
from portal.services.people import email_change, forgotten_password, registration

log = logging.getLogger(__name__)

# One mail that hangs must not hold the others for a minute.
_LONGEST_SEND = 45.0
# What is asked for meanwhile waits no longer than this.
_TURN_SECONDS = 5.0


class _Claimed(NamedTuple):
    """A mail that is ours for a while, the request that owed it, and whether that is answered."""

    lease: Lease
    request_id: str | None
    asked: bool


# How a mail is to be settled after a try.
_Settle: TypeAlias = Callable[[], object]


@job
def deliver(outbox_id: int) -> None:
    """Send the mail if it is due and nobody else is at it."""
    if claimed := _claim(outbox_id):
        with _transport().open() as sender:
            settle = _attempt(claimed, sender)
        _settle(settle)


@job
def drain() -> None:
    """A turn at what is due, of which other workers have theirs; what is left is for the next."""
    if take_turn(_TURN_SECONDS):
        enqueuer: Enqueuer = current_app.extensions["lodge.enqueuer"]
        enqueuer.enqueue(Job.DRAIN_OUTBOX)


def take_turn(seconds: float) -> bool:
    """Send what is due, for a bounded time; whether that ran out before the work did.

    While the mail server is away nothing is due but a probe.
    """
    until = time.monotonic() + seconds
    claimed = _claim()
    with _transport().open() as sender:
        while claimed:
            settle = _attempt(claimed, sender)
            if time.monotonic() > until:
                _settle(settle)
                return True
            claimed = _next(settle, claimed)
    return False


def _next(settle: _Settle, last: _Claimed) -> _Claimed | None:
    """Settle what was tried, and take what has been due longest now."""
    try:
        return _settle_and_claim(settle)
    except Exception:
        # Its lease will run out; the others do not wait for that.
        log.exception("mail %s could not be settled", last.lease.row_id)
        return _claim()


def _attempt(claimed: _Claimed, sender: Sender) -> _Settle:
    lease = claimed.lease
    with logs.of_request(claimed.request_id):
        try:
            message = _message(claimed)
            return _hand_over(lease, message, sender) if isinstance(message, Message) else message
        except Exception as error:
            # A fault of ours, or of the database: without its true reason the mail would wait for
            # its lease, try after try, and end as one that kills workers.
            log.exception("mail %s could not be sent", lease.row_id)
            reason = as_reason(f"{type(error).__name__}: {error}")
            return partial(outbox.retry_later, lease, reason)


def _message(claimed: _Claimed) -> Message | _Settle:
    """What is to leave, or what becomes of the mail when nothing is."""
    lease = claimed.lease
    try:
        if claimed.asked:
            _answer(lease)
        composed = _compose(lease)
    except PermanentFailure as error:
        log.warning("mail %s will not leave: %s", lease.row_id, error)
        return partial(outbox.park_leased, lease, str(error))
    if isinstance(composed, str):
        return partial(outbox.mark_dropped, lease, composed)
    return composed


def _hand_over(lease: Lease, message: Message, sender: Sender) -> _Settle:
    # Half the lease at most, so that nothing is sent under a lease that has run out.
    within = min(_LONGEST_SEND, setting("OUTBOX_LEASE").total_seconds() / 2)
    # The last look before it leaves: a worker that was frozen may have lost its lease.
    if not _still_holds(lease, within):
        return partial(log.info, "mail %s went to another worker", lease.row_id)
    began = time.monotonic()
    try:
        sender.send(message, within=within)
    except PermanentFailure as error:
        log.warning("mail %s will not leave: %s", lease.row_id, error)
        return partial(outbox.mark_refused, lease, str(error))
    except TemporaryFailure as error:
        log.warning("mail %s has to wait: %s", lease.row_id, error)
        reached = not isinstance(error, ServerFailure)
        return partial(outbox.postpone, lease, str(error), reached=reached)
    took = (time.monotonic() - began) * 1000
    log.info("mail %s sent in %.0f ms", lease.row_id, took)
    return partial(outbox.mark_sent, lease)


def _transport() -> Transport:
    found: Transport = current_app.extensions["lodge.mail"]
    return found


@job
def _claim(outbox_id: int | None = None) -> _Claimed | None:
    """That mail, or what has been due longest."""
    begin_write()
    return _claimed(outbox.claim_next() if outbox_id is None else outbox.claim(outbox_id))


@job
def _settle(settle: _Settle) -> None:
    begin_write()
    settle()


@job
def _settle_and_claim(settle: _Settle) -> _Claimed | None:
    """Both in one transaction: the disk is waited for once for each mail."""
    begin_write()
    settle()
    return _claimed(outbox.claim_next())


def _claimed(lease: Lease | None) -> _Claimed | None:
    if lease is None:
        return None
    row = db.session.get_one(Outbox, lease.row_id)
    return _Claimed(lease, row.request_id, asked=bool((row.data or {}).get("asked")))


@job
def _answer(lease: Lease) -> None:
    """Decide what the mail says, which depends on who has the address."""
    begin_write()
    forgotten_password.answer(lease.row_id)
    registration.answer(lease.row_id)
    email_change.answer(lease.row_id)


@job
def _compose(lease: Lease) -> Message | str:
    """The message, or why it must not leave any more.

    Raises PermanentFailure when it cannot be made: no later try does better by itself.
    """
    mail = outgoing.read(lease.row_id)
    if reason := outgoing.reason_not_to_send(mail):
        return reason
    desk = messages.Desk(
        base_url=setting("BASE_URL"),
        mail_from=setting("MAIL_FROM"),
        support_email=setting("SUPPORT_EMAIL"),
        environment=current_app.jinja_env,
        sign=tokens.sign,
    )
    try:
        return messages.compose(mail, desk)
    except PermanentFailure:
        raise
    except Exception as error:
        log.exception("mail %s cannot be made", lease.row_id)
        reason = f"{outbox_queries.UNMADE}: {type(error).__name__}: {error}"
        raise PermanentFailure(reason) from error


def _still_holds(lease: Lease, seconds: float) -> bool:
    """Whether the mail is still ours, and will be for so long."""
    return _lasts(lease, seconds) or _renew(lease)


@job
def _lasts(lease: Lease, seconds: float) -> bool:
    return outbox.lasts(lease, timedelta(seconds=seconds))


@job
def _renew(lease: Lease) -> bool:
    begin_write()
    return outbox.renew(lease)
