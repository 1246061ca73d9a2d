"""Which mailbox a message is for, and what is known of how its mail gets here."""

from collections.abc import Iterable

from sqlalchemy import select

from portal import clock
from portal.bulk_statements import insert_missing
from portal.extensions import db
from portal.models.inbound import FailureReason, Mailbox
from portal.models.inbound.mailbox import MailboxWay
from portal.queries.inbound import mailboxes as queries


def find_or_default(addresses: Iterable[str]) -> Mailbox:
    """The mailbox that one of the addresses leads to; else the desk's first, made if need be."""
    return queries.of_addresses(addresses) or _default()


def _default() -> Mailbox:
    address = queries.default_address()
    query = select(Mailbox).where(Mailbox.address == address)
    if (known := db.session.scalar(query)) is not None:
        return known
    new = {
        "address": address,
        "name": "",
        "signature": "",
        "way": MailboxWay.DELIVERED,
        "host": "",
        "security": "tls",
        "username": "",
        "authentication": "password",
        "folder": "INBOX",
        "created_at": clock.now(),
    }
    # Two mails may come at the same moment.
    insert_missing(Mailbox, [new])
    return db.session.scalars(query).one()


def record_mail(mailbox: Mailbox) -> None:
    """A mail came: the way to this mailbox works."""
    record_success(mailbox)
    mailbox.last_mail_at = mailbox.last_success_at


def record_success(mailbox: Mailbox) -> None:
    """The way was tried and works, whether or not there was mail."""
    mailbox.last_success_at = clock.now()
    mailbox.failing_since = mailbox.failure_reason = mailbox.failure = None


def record_failure(mailbox: Mailbox, reason: FailureReason, detail: str) -> None:
    """Mail cannot be fetched; `detail` is what the server said, for operators."""
    mailbox.failing_since = mailbox.failing_since or clock.now()
    mailbox.failure_reason, mailbox.failure = reason, detail[:300]
