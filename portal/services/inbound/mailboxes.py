"""Which mailbox a message is for, and what is known of how its mail gets here."""

from collections.abc import Iterable

from sqlalchemy import select

from portal import clock
from portal.bulk_statements import insert_missing
from portal.extensions import db
from portal.inbound_url import Fetching
from portal.models.inbound import FailureReason, Mailbox
from portal.models.inbound.mailbox import MailboxWay
from portal.queries.inbound import mailboxes as queries
from portal.security import encryption


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


def follow(source: Fetching) -> None:
    """Have the desk's first mailbox fetched as INBOUND_URL says. Raises NotConfigured."""
    mailbox = _default()
    server = {"host": source.host, "username": source.username, "folder": source.folder}
    if any(getattr(mailbox, name) != value for name, value in server.items()):
        # Another folder, whose numbers mean something else.
        mailbox.uid_validity = mailbox.last_uid = None
    for name, value in server.items():
        setattr(mailbox, name, value)
    mailbox.way, mailbox.authentication = MailboxWay.IMAP, "password"
    mailbox.port, mailbox.security = source.port, source.security
    mailbox.secret = encryption.encrypt(source.password)


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
