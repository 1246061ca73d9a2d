"""From whom a mail comes, where its replies go, and which conversation it belongs to.

Mails about a ticket come from a mailbox of the desk if there is one for it, so that they and what
is sent to it are one correspondence; all others come from MAIL_FROM.
"""

from email.utils import parseaddr
from typing import NamedTuple

from portal.mail.failures import PermanentFailure
from portal.mail.message_context import MailSettings
from portal.mail.outgoing import OutgoingMail
from portal.mail.safe_names import one_line
from portal.security.smtp_addresses import ascii_address, is_deliverable


class Address(NamedTuple):
    """`address` with an ASCII domain."""

    name: str
    address: str


def sender(mail: OutgoingMail, settings: MailSettings) -> Address:
    """Also that of the envelope: what comes back has to reach a mailbox that is read."""
    if mail.mailbox is None:
        return Address(one_line(settings.name), _ascii(parseaddr(settings.mail_from)[1]))
    name = one_line(mail.mailbox.name) or one_line(settings.name)
    return Address(name, _ascii(mail.mailbox.address))


def reply_to(mail: OutgoingMail, settings: MailSettings) -> Address:
    """The address signed for the reader where that arrives; else the mailbox's own."""
    mailbox = mail.reply_mailbox
    if mailbox is None or mail.ticket is None:
        name, address = parseaddr(settings.support_email)
        return Address(one_line(name), _ascii(address))
    address = mailbox.address
    if mail.has_signed_address and mail.reader is not None:
        signed = settings.sign_reply(mailbox.address, mail.ticket, mail.reader.id)
        # A long name of a mailbox leaves no room for it.
        address = signed if is_deliverable(signed) else address
    return Address(one_line(mailbox.name), _ascii(address))


def recipient(mail: OutgoingMail) -> str:
    """Current address of the account for mails on tickets; otherwise the one in the outbox row."""
    on_ticket = mail.ticket is not None and mail.reader is not None
    return _ascii(mail.reader.email if on_ticket and mail.reader else mail.row.recipient)


def thread(mail: OutgoingMail) -> tuple[str, ...]:
    """Message-IDs of the conversation, oldest first; empty for a mail about no ticket.

    The first is the ticket's own, which no mail has: all mails about it are answers to that, so
    programs show them as one conversation whichever of them are left.
    """
    if mail.ticket is None:
        return ()
    host = mail.row.message_id.strip("<>").rpartition("@")[2]
    return (f"<lodge.{mail.ticket.number}@{host}>", *mail.earlier_ids)


def _ascii(address: str) -> str:
    try:
        return ascii_address(address)
    except ValueError as problem:
        raise PermanentFailure(f"mail cannot be addressed to {address}: {problem}") from None
