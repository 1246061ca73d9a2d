"""Messages: an OutgoingMail in, a Message of bytes out. Pure: reads no database and no request.

Whatever people typed (names, subjects, messages) is cleaned here of what has no place in a mail:
controls, line breaks in a header, marks that turn the reading direction, what is too long. The
bytes are made at once, so that a mail that cannot be made is known before anything is sent. Each
mail is a folder in `templates/emails` with `subject.txt`, `body.txt` and `body.html`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any

from css_inline import CSSInliner
from jinja2 import Environment

from portal.i18n import DEFAULT_LOCALE, current_locale, force_locale, format_moment, gettext
from portal.mail import headers, safe_names, security_notices
from portal.mail.failures import PermanentFailure
from portal.mail.message import Message
from portal.mail.outgoing import OutgoingMail
from portal.models.organizations import Invitation
from portal.models.people import PendingRegistration, TokenPurpose, UserToken
from portal.models.tickets import Comment
from portal.queries.organizations.invitations import InvitationDetails
from portal.security.people.devices import device_name
from portal.security.smtp_addresses import ascii_address

# A mail is for reading now; what is longer is read on the ticket's page.
MAX_TEXT = 20_000
_MAX_HTML = 100_000
_MAX_SUBJECT = 200
# A mail lies around: it says the zone, and needs no seconds.
_MOMENT = "d MMM y, HH:mm z"
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")
# Characters that turn the reading direction of what follows: a subject could lie with them.
_TURNING = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

# Where links lead, with the signature behind it.
LINKS = {
    TokenPurpose.RESET: "auth/reset",
    TokenPurpose.CHANGE_EMAIL: "account/new-email",
    TokenPurpose.UNDO_EMAIL: "auth/restore",
    TokenPurpose.INVITATION: "auth/invitations",
    TokenPurpose.REGISTRATION: "auth/verify",
}

LinkedRow = UserToken | Invitation | PendingRegistration
# Of the parts, whose headers hold nothing that anybody typed. Seven-bit, so that no server on the
# way has to understand more.
_PARTS = policy.SMTP.clone(cte_type="7bit")
_inliner = CSSInliner(keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False)


@dataclass(frozen=True, slots=True)
class MailSettings:
    """Who writes: addresses, the environment that knows the templates, the hand that signs."""

    base_url: str
    mail_from: str
    support_email: str
    environment: Environment
    # A link's text from its purpose and its row: `security.people.tokens.sign`.
    sign: Callable[[TokenPurpose, LinkedRow], str]

    @property
    def name(self) -> str:
        """What people know the desk by."""
        return parseaddr(self.mail_from)[0] or "Lodge"


@dataclass(frozen=True, slots=True)
class QuotedComment:
    """What somebody wrote. `html` was sanitized when it was written; empty when it is too long."""

    text: str
    html: str
    shortened: bool
    moment: str

    @classmethod
    def of(cls, comment: Comment) -> "QuotedComment":
        """The comment as a mail shows it to the reader in force."""
        shortened = len(comment.message) > MAX_TEXT or len(comment.html) > _MAX_HTML
        return cls(
            text=comment.message[:MAX_TEXT],
            html="" if shortened else comment.html,
            shortened=shortened,
            moment=format_moment(comment.created_at, _MOMENT),
        )


def compose(mail: OutgoingMail, desk: MailSettings) -> Message:
    """The message in its reader's language, the same each time but for what rows have changed.

    Raises PermanentFailure for an address that no mail server takes, ValueError for bytes that
    must not leave.
    """
    # Who is not in the database any more has left the language behind.
    locale, timezone = (mail.row.data or {}).get("locale", DEFAULT_LOCALE), "UTC"
    # Whoever is invited and not known here most likely speaks as the one who invites.
    known = mail.reader or (mail.invitation.inviter if mail.invitation else None)
    if known is not None:
        locale, timezone = known.locale, known.timezone
    elif mail.registration is not None:
        locale = mail.registration.locale
    with force_locale(locale, timezone):
        context = _context(mail, desk)
        subject, text, html = (
            _render(mail, desk, part, context) for part in ("subject.txt", "body.txt", "body.html")
        )
    body = EmailMessage(policy=_PARTS)
    body.set_content(re.sub(r"\n{3,}", "\n\n", text).strip() + "\n")
    body.add_alternative(_inliner.inline(html), subtype="html")
    recipient = _recipient(mail)
    return Message(
        message_id=mail.row.message_id,
        sender=_ascii(parseaddr(desk.mail_from)[1]),
        recipient=recipient,
        data=_header(mail, desk, recipient, _one_line(subject)) + body.as_bytes(),
    )


def _context(mail: OutgoingMail, desk: MailSettings) -> dict[str, Any]:
    ticket = mail.ticket
    return {
        "desk": desk,
        "locale": current_locale(),
        "moment": format_moment(mail.row.created_at, _MOMENT),
        "ticket": ticket,
        "link": f"{desk.base_url}/{f'tickets/{ticket.number}' if ticket else 'auth/login'}",
        "has_password": mail.reader is not None and mail.reader.password_hash is not None,
        **(_conversation_context(mail) if ticket else _account_context(mail, desk)),
    }


def _conversation_context(mail: OutgoingMail) -> dict[str, Any]:
    """What was said on a ticket, and by whom."""
    ticket, author = mail.ticket, mail.author
    called = _one_line(author.name) if author else ""
    said = QuotedComment.of(mail.comment) if mail.comment else None
    if _reader_is_verified(mail):
        return {
            "subject": _one_line(ticket.subject) if ticket else "",
            "author": called,
            "said": said,
        }
    by_staff = author is not None and author.actor.is_staff
    return {
        "subject": gettext("A ticket"),
        "author": safe_names.safe_name(called, gettext("Somebody")),
        "said": said if by_staff else None,
    }


def _reader_is_verified(mail: OutgoingMail) -> bool:
    """Whether the reader takes part. Anybody may have opened an account for an unproven address."""
    return mail.reader is None or mail.reader.is_verified


def _account_context(mail: OutgoingMail, desk: MailSettings) -> dict[str, Any]:
    """What a mail about an account knows besides: from its row's data."""
    data = mail.row.data or {}
    told = _notice_context(mail, desk) if "kind" in data else {}
    if mail.token is not None:
        return told | _link_context(TokenPurpose(mail.token.purpose), mail.token, desk)
    if mail.registration is not None:
        return _link_context(TokenPurpose.REGISTRATION, mail.registration, desk)
    return told if mail.invitation is None else _invitation_context(mail.invitation, desk)


def _notice_context(mail: OutgoingMail, desk: MailSettings) -> dict[str, Any]:
    data = mail.row.data
    notice = security_notices.NOTICES[data["kind"]]
    return {
        "notice": notice,
        "about": notice.about.sanitized(_one_line(data["about"]))
        if _reader_is_verified(mail)
        else "",
        "from_address": safe_names.ip_address(data.get("from", "")),
        "device": safe_names.safe_name(device_name(data["user_agent"])),
        "link": f"{desk.base_url}/{notice.path}",
    }


def _link_context(purpose: TokenPurpose, row: LinkedRow, desk: MailSettings) -> dict[str, Any]:
    # Signed now and stored nowhere: who reads the outbox holds no link.
    return {
        "link": f"{desk.base_url}/{LINKS[purpose]}/{desk.sign(purpose, row)}",
        "until": format_moment(row.expires_at, _MOMENT),
    }


def _invitation_context(offer: InvitationDetails, desk: MailSettings) -> dict[str, Any]:
    return {
        **_link_context(TokenPurpose.INVITATION, offer.invitation, desk),
        "inviter": safe_names.safe_name(offer.inviter.name, gettext("Somebody")),
        "organization": safe_names.safe_name(offer.organization.name, gettext("an organization")),
    }


def _render(mail: OutgoingMail, desk: MailSettings, part: str, context: dict[str, Any]) -> str:
    template = desk.environment.get_template(f"emails/{mail.row.template}/{part}")
    return _UNPRINTABLE.sub("", template.render(context))


def _one_line(text: str) -> str:
    """`text` as a header or a sentence can hold it."""
    return " ".join(_TURNING.sub("", _UNPRINTABLE.sub(" ", text)).split())[:_MAX_SUBJECT].rstrip()


def _header(mail: OutgoingMail, desk: MailSettings, recipient: str, subject: str) -> bytes:
    row = mail.row
    name, address = parseaddr(desk.mail_from)
    support_name, support = parseaddr(desk.support_email)
    fields = [
        headers.plain("Date", format_datetime(row.created_at)),
        headers.plain("Message-ID", row.message_id),
        headers.mailbox("From", _ascii(address), _one_line(name)),
        # The bare address, for a name that somebody chose belongs in no header.
        headers.mailbox("To", recipient, ""),
        headers.mailbox("Reply-To", _ascii(support), _one_line(support_name)),
    ]
    if mail.ticket is not None:
        thread = f"<lodge.{mail.ticket.number}@{row.message_id.strip('<>').rpartition('@')[2]}>"
        fields += [headers.plain("In-Reply-To", thread), headers.plain("References", thread)]
    # Marks by which other machines know not to answer (RFC 3834; the second is Microsoft's).
    fields.append(headers.plain("Auto-Submitted", "auto-generated"))
    fields.append(headers.plain("X-Auto-Response-Suppress", "All"))
    fields.append(headers.text("Subject", subject))
    return b"".join(fields)


def _recipient(mail: OutgoingMail) -> str:
    """Of a ticket's mail the address of today; what concerns an account goes where it was owed."""
    on_ticket = mail.ticket is not None and mail.reader is not None
    return _ascii(mail.reader.email if on_ticket and mail.reader else mail.row.recipient)


def _ascii(address: str) -> str:
    try:
        return ascii_address(address)
    except ValueError as problem:
        raise PermanentFailure(f"mail cannot be addressed to {address}: {problem}") from None
