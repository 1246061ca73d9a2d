"""Composes messages: an OutgoingMail in, a Message of bytes out. Reads no database and no request.

Bytes are made before anything is sent, so that a mail that cannot be composed is known early. Each
mail is a folder in `templates/emails` with `subject.txt`, `body.txt` and `body.html`.
"""

from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any

from css_inline import CSSInliner

from portal import mail_words
from portal.i18n import DEFAULT_LOCALE, current_locale, force_locale, offered_locale
from portal.mail import headers
from portal.mail.failures import PermanentFailure
from portal.mail.message import PARTS, Message
from portal.mail.message_context import MailSettings, stop_link, template_context, tidy
from portal.mail.outgoing import OutgoingMail
from portal.mail.safe_names import UNPRINTABLE, one_line
from portal.mail.statistics_report import MailedReport
from portal.mail_words import FilledLayout, FilledText
from portal.security.smtp_addresses import ascii_address

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
    recipient = _recipient(mail)
    return Message(
        message_id=mail.row.message_id,
        sender=_ascii(parseaddr(settings.mail_from)[1]),
        recipient=recipient,
        data=_header(mail, settings, recipient, one_line(subject)) + body.as_bytes(),
    )


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


def _header(mail: OutgoingMail, settings: MailSettings, recipient: str, subject: str) -> bytes:
    row = mail.row
    address = parseaddr(settings.mail_from)[1]
    support_name, support = parseaddr(settings.support_email)
    fields = [
        headers.plain("Date", format_datetime(row.created_at)),
        headers.plain("Message-ID", row.message_id),
        headers.mailbox("From", _ascii(address), one_line(settings.name)),
        # Without a display name, which the user has chosen.
        headers.mailbox("To", recipient, ""),
        headers.mailbox("Reply-To", _ascii(support), one_line(support_name)),
    ]
    if mail.ticket is not None:
        thread = f"<lodge.{mail.ticket.number}@{row.message_id.strip('<>').rpartition('@')[2]}>"
        fields += [headers.plain("In-Reply-To", thread), headers.plain("References", thread)]
    if isinstance(mail.report, MailedReport):
        link = stop_link(mail.report, settings)
        fields.append(headers.plain("List-Unsubscribe", f"<{link}>"))
    # Keep other systems from auto-replying (RFC 3834; the second is Microsoft's).
    fields.append(headers.plain("Auto-Submitted", "auto-generated"))
    fields.append(headers.plain("X-Auto-Response-Suppress", "All"))
    fields.append(headers.text("Subject", subject))
    return b"".join(fields)


def _recipient(mail: OutgoingMail) -> str:
    """Current address of the account for mails on tickets; otherwise the one in the outbox row."""
    on_ticket = mail.ticket is not None and mail.reader is not None
    return _ascii(mail.reader.email if on_ticket and mail.reader else mail.row.recipient)


def _ascii(address: str) -> str:
    try:
        return ascii_address(address)
    except ValueError as problem:
        raise PermanentFailure(f"mail cannot be addressed to {address}: {problem}") from None
