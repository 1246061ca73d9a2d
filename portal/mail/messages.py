"""Composes messages: an OutgoingMail in, a Message of bytes out. Reads no database and no request.

Bytes are made before anything is sent, so that a mail that cannot be composed is known early. Each
mail is a folder in `templates/emails` with `subject.txt`, `body.txt` and `body.html`.
"""

from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from css_inline import CSSInliner

from portal import mail_words
from portal.i18n import DEFAULT_LOCALE, current_locale, force_locale, offered_locale
from portal.mail import addressing, enclosures, headers
from portal.mail.addressing import Address
from portal.mail.enclosures import Enclosure
from portal.mail.message import PARTS, Message
from portal.mail.message_context import MailSettings, decline_link, template_context, tidy
from portal.mail.outgoing import OutgoingMail
from portal.mail.safe_names import UNPRINTABLE, one_line
from portal.mail_words import FilledLayout, FilledText
from portal.models.tickets import Channel

_RECEIPT = "ticket_filed"
# All but NDR, reports that a mail did not arrive: those we want.
_SUPPRESSED = "DR, RN, NRN, OOF, AutoReply"
_inliner = CSSInliner(keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False)


def compose(mail: OutgoingMail, settings: MailSettings) -> Message:
    """Compose the message in its reader's language; the same bytes while the rows are the same.

    Raises PermanentFailure for an address that no mail server takes, ValueError for bytes that must
    not be sent.
    """
    # For an erased account the language is in the row's data.
    locale, timezone = (mail.row.data or {}).get("locale", DEFAULT_LOCALE), "UTC"
    # An invited person without an account probably speaks the inviter's language.
    known = mail.reader or (mail.invitation.inviter if mail.invitation else None)
    known = known or (mail.domain.asker if mail.domain else None)
    if known is not None:
        locale, timezone = known.locale, known.timezone
    elif mail.registration is not None:
        locale = mail.registration.locale
    with force_locale(offered_locale(locale, settings.languages), timezone):
        context = template_context(mail, settings)
        context["own"] = own = _own_words(mail, settings, context)
        context["frame"] = _own_frame(settings, context)
        subject, text, html = (
            _render(mail, settings, part, context)
            for part in ("subject.txt", "body.txt", "body.html")
        )
    subject = own.subject if own else subject
    body = EmailMessage(policy=PARTS)
    body.set_content(tidy(text) + "\n")
    body.add_alternative(_inliner.inline(html), subtype="html")
    sender, recipient = addressing.sender(mail, settings), addressing.recipient(mail)
    header = _header(mail, settings, sender, recipient) + headers.text("Subject", one_line(subject))
    return Message(
        message_id=mail.row.message_id,
        sender=sender.address,
        recipient=recipient,
        data=header + _with_files(mail, context, body.as_bytes()),
        has_own_sender=mail.mailbox is not None,
    )


def _with_files(mail: OutgoingMail, context: dict[str, Any], body: bytes) -> bytes:
    """The body, with the files of the message if its words are shown."""
    files = [
        Enclosure(file, data)
        for file in (mail.attachments if context.get("said") else ())
        if (data := mail.enclosed.get(file.storage_key))
    ]
    return enclosures.beside(body, files, mail.row.message_id) if files else body


def _own_words(
    mail: OutgoingMail, settings: MailSettings, context: dict[str, Any]
) -> FilledText | None:
    """An administrator's words; None for ours, which also stand in for what cannot be used."""
    name = mail_words.mail_name(mail.row.template, mail.row.data or {})
    text = settings.own_text(name, current_locale())
    return None if text is None else mail_words.fill(name, text, context)


def _own_frame(settings: MailSettings, context: dict[str, Any]) -> FilledLayout | None:
    text = settings.own_text(mail_words.LAYOUT, current_locale())
    return None if text is None else mail_words.fill_layout(text, context)


def _render(mail: OutgoingMail, settings: MailSettings, part: str, context: dict[str, Any]) -> str:
    template = settings.environment.get_template(f"emails/{mail.row.template}/{part}")
    return UNPRINTABLE.sub("", template.render(context))


def _header(mail: OutgoingMail, settings: MailSettings, sender: Address, recipient: str) -> bytes:
    reply_to = addressing.reply_to(mail, settings)
    fields = [
        headers.plain("Date", format_datetime(mail.row.created_at)),
        headers.plain("Message-ID", mail.row.message_id),
        headers.mailbox("From", sender.address, sender.name),
        # Without a display name, which the user has chosen.
        headers.mailbox("To", recipient, ""),
        headers.mailbox("Reply-To", reply_to.address, reply_to.name),
    ]
    if thread := addressing.thread(mail):
        fields.append(headers.message_ids("In-Reply-To", thread[-1:]))
        fields.append(headers.message_ids("References", thread))
    if link := decline_link(mail, settings):
        fields.append(headers.plain("List-Unsubscribe", f"<{link}>"))
        # With one press in the mail program (RFC 8058).
        fields.append(headers.plain("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    # Keep other systems from auto-replying (RFC 3834; the second is Microsoft's).
    fields.append(headers.plain("Auto-Submitted", _automatic(mail)))
    fields.append(headers.plain("X-Auto-Response-Suppress", _SUPPRESSED))
    return b"".join(fields)


def _automatic(mail: OutgoingMail) -> str:
    """How it is automatic: the receipt of a mail answers that (RFC 3834, 5)."""
    by_mail = mail.ticket is not None and mail.ticket.channel == Channel.MAIL
    return "auto-replied" if by_mail and mail.row.template == _RECEIPT else "auto-generated"
