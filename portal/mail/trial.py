"""A mail that says that mail arrives, for whoever sets up the desk.

It is made without a template, so that it arrives while a text of mails is broken.
"""

from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import NamedTuple

from portal import clock
from portal.i18n import gettext as _
from portal.mail import headers
from portal.mail.failures import DeliveryFailure
from portal.mail.message import PARTS, Message
from portal.mail.safe_names import one_line
from portal.mail.transport import FolderTransport, Transport
from portal.security.smtp_addresses import ascii_address

_SECONDS = 20.0


class Trial(NamedTuple):
    """Whether the mail left, and what to tell of that."""

    left: bool
    sentence: str


class Words(NamedTuple):
    """`html` is not inlined: this is a trial."""

    subject: str
    text: str
    html: str = ""


def compose_trial(
    *, message_id: str, mail_from: str, recipient: str, name: str, words: Words | None = None
) -> Message:
    """With the words of a sample, or with a line. Raises ValueError for an unreachable address."""
    sender, reader = (ascii_address(parseaddr(text)[1]) for text in (mail_from, recipient))
    words = words or Words(
        _("Mail of %(name)s arrives", name=name),
        _("You have asked for this mail to see whether it arrives. It does."),
    )
    body = EmailMessage(policy=PARTS)
    body.set_content(words.text + "\n")
    # Its header is of a part of its own: ours names no encoding.
    if words.html:
        body.add_alternative(words.html, subtype="html")
    else:
        body.make_mixed()
    fields = (
        headers.plain("Date", format_datetime(clock.now())),
        headers.plain("Message-ID", message_id),
        headers.mailbox("From", sender, one_line(name)),
        headers.mailbox("To", reader, ""),
        headers.plain("Auto-Submitted", "auto-generated"),
        headers.text("Subject", one_line(words.subject)),
    )
    return Message(message_id, sender, reader, b"".join(fields) + body.as_bytes())


def send(transport: Transport, message: Message) -> Trial:
    """Send it at once, and say what the mail server said."""
    try:
        with transport.open() as sender:
            sender.send(message, within=_SECONDS)
    except DeliveryFailure as failure:
        return Trial(False, _("It did not leave: %(reason)s", reason=str(failure)))
    if isinstance(transport, FolderTransport):
        text = _("It was written to the folder of mails: no server is named (MAIL_URL).")
        return Trial(True, text)
    text = _("The server has taken it. Look whether it arrives at %(email)s.")
    return Trial(True, text % {"email": message.recipient})
