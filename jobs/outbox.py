"""Delivery of mail: its handler, and the jobs that run the loop (`jobs.delivery`)."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from flask import current_app

from jobs import delivery, job
from jobs.delivery_handler import Claimed, Settle
from portal.extensions import begin_write, db, setting
from portal.mail import enclosures, messages, outgoing
from portal.mail.failures import PermanentFailure, ServerFailure, TemporaryFailure, as_reason
from portal.mail.message import Message
from portal.mail.message_context import MailSettings
from portal.mail.outgoing import FileToEnclose
from portal.mail.transport import Sender, Transport
from portal.models.delivery import Outbox
from portal.queries.delivery import outbox as outbox_queries
from portal.queries.operations import mail_texts
from portal.queueing import Enqueuer, Job
from portal.security import rating_links, reply_addresses, report_links
from portal.security.people import tokens, unsubscribe_links
from portal.services.delivery import outbox
from portal.services.delivery.leases import Lease
from portal.services.people import email_change, forgotten_password, registration
from portal.storage import Storage
from portal.web.statistics import mailed

log = logging.getLogger(__name__)

# What is asked for meanwhile waits no longer than this.
_TURN_SECONDS = 5.0


@job
def deliver(outbox_id: int) -> None:
    """Send the mail if it is due and no other worker has its lease."""
    send_due(0.0, outbox_id)


@job
def drain() -> None:
    """Send due mails for a moment, beside other workers; enqueue another job for the rest."""
    if send_due(_TURN_SECONDS):
        enqueuer: Enqueuer = current_app.extensions["lodge.enqueuer"]
        enqueuer.enqueue(Job.DRAIN_OUTBOX)


def send_due(seconds: float, outbox_id: int | None = None) -> bool:
    """Send due mails, or that one; True when time ran out before the mails did.

    While the mail server is unreachable only a probe is due.
    """
    transport: Transport = current_app.extensions["lodge.mail"]
    with transport.open() as sender:
        return delivery.deliver_due(MailHandler(sender, outbox_id), seconds)


@dataclass(frozen=True, slots=True)
class _Mail(Claimed):
    """`asked`: its content is decided first, as it depends on who has the address."""

    asked: bool = False


class MailHandler:
    """Delivers due mails, or that one, over one connection."""

    name = "mail"
    model = Outbox
    # One that hangs must not hold the others for a minute.
    longest = 45.0
    at_once = 1

    def __init__(self, sender: Sender, outbox_id: int | None = None) -> None:
        self._sender = sender
        self._id = outbox_id
        self._storage: Storage = current_app.extensions["lodge.storage"]

    def claim(self) -> _Mail | None:
        lease = outbox.claim_next() if self._id is None else outbox.claim(self._id)
        if lease is None:
            return None
        row = db.session.get_one(Outbox, lease.row_id)
        return _Mail(lease, row.request_id, asked=bool((row.data or {}).get("asked")))

    def compose(self, item: _Mail) -> Message | Settle:
        """Compose the message with the current state and rights."""
        try:
            if item.asked:
                _prepare_mail(item.lease)
            files = _files_to_enclose(item.lease)
            composed = _compose(item.lease, enclosures.read(files, self._storage))
        except PermanentFailure as error:
            log.warning("mail %s will not leave: %s", item.lease.row_id, error)
            return partial(outbox.park_leased, item.lease, str(error))
        if isinstance(composed, str):
            return partial(outbox.mark_dropped, item.lease, composed)
        return composed

    def send(self, item: _Mail, message: Message, within: float) -> Settle:
        lease, began = item.lease, time.monotonic()
        try:
            self._sender.send(message, within=within)
        except PermanentFailure as error:
            log.warning("mail %s will not leave: %s", lease.row_id, error)
            return partial(outbox.mark_refused, lease, str(error))
        except TemporaryFailure as error:
            log.warning("mail %s has to wait: %s", lease.row_id, error)
            reached = not isinstance(error, ServerFailure)
            return partial(outbox.postpone, lease, str(error), reached=reached)
        log.info("mail %s sent in %.0f ms", lease.row_id, (time.monotonic() - began) * 1000)
        return partial(outbox.mark_sent, lease)

    def postpone(self, lease: Lease, error: Exception) -> object:
        """Does not count as a failure of the mail server."""
        return outbox.retry_later(lease, as_reason(f"{type(error).__name__}: {error}"))


@job
def _prepare_mail(lease: Lease) -> None:
    """Decide the content of a mail whose recipient may or may not have an account."""
    begin_write(finishing=True)
    forgotten_password.prepare_mail(lease.row_id)
    registration.prepare_mail(lease.row_id)
    email_change.prepare_mail(lease.row_id)


@job
def _files_to_enclose(lease: Lease) -> list[FileToEnclose]:
    return outgoing.files_to_enclose(lease.row_id, setting("MAIL_ATTACHMENTS_BYTES"))


@job
def _compose(lease: Lease, enclosed: Mapping[str, bytes | None]) -> Message | str:
    """The message, or the reason why it must not be sent.

    Raises PermanentFailure when composing fails: retrying would not help.
    """
    mail = outgoing.read(lease.row_id, enclosed)
    if reason := outgoing.reason_not_to_send(mail):
        return reason
    settings = MailSettings(
        base_url=setting("BASE_URL"),
        mail_from=setting("MAIL_FROM"),
        support_email=setting("SUPPORT_EMAIL"),
        product=setting("PRODUCT"),
        environment=current_app.jinja_env,
        sign=tokens.sign,
        sign_rating=rating_links.sign,
        sign_reply=reply_addresses.sign,
        sign_report=report_links.sign,
        sign_decline=unsubscribe_links.sign,
        report_words=mailed.words,
        languages=setting("LANGUAGES"),
        own_text=mail_texts.own_text,
    )
    try:
        return messages.compose(mail, settings)
    except PermanentFailure:
        raise
    except Exception as error:
        log.exception("mail %s cannot be made", lease.row_id)
        failure = f"{outbox_queries.UNCOMPOSABLE}: {type(error).__name__}: {error}"
        raise PermanentFailure(failure) from error
