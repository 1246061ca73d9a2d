"""Delivering owed mail. The row is the truth; being rung twice, or killed, costs at most a copy.

Each step that touches the database is a `@job` of its own, with its own session, committed before
the next begins: no transaction is open while a mail server takes its time.
"""

import logging
import time
from collections.abc import Callable
from typing import Any

from flask import current_app

from jobs import job
from portal import logs
from portal.extensions import begin_write, setting
from portal.mail import messages
from portal.mail.failures import PermanentFailure, TemporaryFailure, as_reason
from portal.mail.message import Message
from portal.mail.transport import Transport
from portal.queries import outbox as outbox_queries
from portal.security import tokens
from portal.services import outbox, recovery
from portal.services.leases import Lease

log = logging.getLogger(__name__)

# One mail that hangs must not hold the others for a minute.
_LONGEST_SEND = 45.0


@job
def deliver(outbox_id: int) -> None:
    """Send the mail if it is due and nobody else is at it."""
    attempt(outbox_id)


def attempt(outbox_id: int) -> bool:
    """Try once. False when the mail has to wait for the server: perhaps no mail leaves at all."""
    claimed = _claim(outbox_id)
    if claimed is None:
        return True
    lease, request_id = claimed
    with logs.of_request(request_id):
        return _attempt(lease)


def _attempt(lease: Lease) -> bool:
    try:
        _send(lease)
    except PermanentFailure as error:
        log.warning("mail %s will not leave: %s", lease.row_id, error)
        _write(outbox.mark_failed, lease, str(error), final=True)
    except TemporaryFailure as error:
        log.warning("mail %s has to wait: %s", lease.row_id, error)
        _write(outbox.mark_failed, lease, str(error))
        return False
    except Exception as error:
        # A fault of ours, or of the database: without its true reason the mail would wait for its
        # lease, try after try, and end as one that kills workers.
        log.exception("mail %s could not be sent", lease.row_id)
        _write(outbox.mark_failed, lease, as_reason(f"{type(error).__name__}: {error}"))
    return True


def _send(lease: Lease) -> None:
    message = _compose(lease)
    # The last look before it leaves: a worker that was frozen may have lost its lease.
    if message is None or not _write(outbox.renew, lease):
        return
    transport: Transport = current_app.extensions["lodge.mail"]
    # Half the lease at most, so that nothing is sent under a lease that has run out.
    within = min(_LONGEST_SEND, setting("OUTBOX_LEASE").total_seconds() / 2)
    began = time.monotonic()
    transport.send(message, within=within)
    took = (time.monotonic() - began) * 1000
    log.info("mail %s sent in %.0f ms", lease.row_id, took)
    _write(outbox.mark_sent, lease)


@job
def _claim(outbox_id: int) -> tuple[Lease, str | None] | None:
    """The lease, and the request that owed the mail."""
    begin_write()
    lease = outbox.claim(outbox_id)
    if lease is None:
        return None
    recovery.answer(outbox_id)
    return lease, outbox.asked_by(outbox_id)


@job
def _compose(lease: Lease) -> Message | None:
    """The message; None when it must not leave any more, which is then settled.

    Raises PermanentFailure when it cannot be made: no later try does better by itself.
    """
    letter = outbox_queries.letter(lease.row_id)
    if reason := outbox_queries.objection(letter):
        begin_write()
        outbox.mark_dropped(lease, reason)
        return None
    desk = messages.Desk(
        base_url=setting("BASE_URL"),
        mail_from=setting("MAIL_FROM"),
        support_email=setting("SUPPORT_EMAIL"),
        environment=current_app.jinja_env,
        sign=tokens.sign,
    )
    try:
        return messages.compose(letter, desk)
    except PermanentFailure:
        raise
    except Exception as error:
        log.exception("mail %s cannot be made", lease.row_id)
        reason = f"{outbox_queries.UNMADE}: {type(error).__name__}: {error}"
        raise PermanentFailure(reason) from error


@job
def _write(verb: Callable[..., bool], lease: Lease, *args: Any, **options: Any) -> bool:
    begin_write()
    return verb(lease, *args, **options)
