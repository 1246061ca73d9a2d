"""Template context of a mail, from an OutgoingMail.

Texts that people typed (names, subjects, messages) are cleaned here of control characters, line
breaks in headers and characters that turn the reading direction, and are cut to a length.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

from jinja2 import Environment

from portal.i18n import current_locale, format_moment, gettext
from portal.mail import safe_names, security_notices
from portal.mail.outgoing import OutgoingMail
from portal.models.organizations import Invitation
from portal.models.people import PendingRegistration, TokenPurpose, UserToken
from portal.models.tickets import Comment
from portal.queries.organizations.invitations import InvitationDetails
from portal.security.people.devices import device_name

# Longer texts are read on the ticket's page.
MAX_TEXT = 20_000
_MAX_HTML = 100_000
_MAX_SUBJECT = 200
# With the zone, as a mail may be read later and elsewhere.
_MOMENT = "d MMM y, HH:mm z"
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")
# Bidirectional control characters, which could make a subject look like another.
_TURNING = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

# Paths of links, before the signature.
LINKS = {
    TokenPurpose.RESET: "auth/reset",
    TokenPurpose.CHANGE_EMAIL: "account/new-email",
    TokenPurpose.UNDO_EMAIL: "auth/restore",
    TokenPurpose.INVITATION: "auth/invitations",
    TokenPurpose.REGISTRATION: "auth/verify",
}

LinkedRow = UserToken | Invitation | PendingRegistration


@dataclass(frozen=True, slots=True)
class MailSettings:
    """The sender's addresses, the Jinja environment, and the function that signs links."""

    base_url: str
    mail_from: str
    support_email: str
    environment: Environment
    # A link's text from its purpose and its row: `security.people.tokens.sign`.
    sign: Callable[[TokenPurpose, LinkedRow], str]

    @property
    def name(self) -> str:
        """The display name in MAIL_FROM; Lodge without one."""
        return parseaddr(self.mail_from)[0] or "Lodge"


@dataclass(frozen=True, slots=True)
class QuotedComment:
    """A comment as a mail shows it. `html` was sanitized when it was stored; empty if too long."""

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


def template_context(mail: OutgoingMail, settings: MailSettings) -> dict[str, Any]:
    """The variables of the mail's templates, in the locale and time zone in force."""
    ticket = mail.ticket
    return {
        "desk": settings,
        "locale": current_locale(),
        "moment": format_moment(mail.row.created_at, _MOMENT),
        "ticket": ticket,
        "link": f"{settings.base_url}/{f'tickets/{ticket.number}' if ticket else 'auth/login'}",
        "has_password": mail.reader is not None and mail.reader.password_hash is not None,
        **(_conversation_context(mail) if ticket else _account_context(mail, settings)),
    }


def _conversation_context(mail: OutgoingMail) -> dict[str, Any]:
    ticket, author = mail.ticket, mail.author
    author_name = one_line(author.name) if author else ""
    said = QuotedComment.of(mail.comment) if mail.comment else None
    if _reader_is_verified(mail):
        return {
            "subject": one_line(ticket.subject) if ticket else "",
            "author": author_name,
            "said": said,
        }
    by_staff = author is not None and author.actor.is_staff
    return {
        "subject": gettext("A ticket"),
        "author": safe_names.safe_name(author_name, gettext("Somebody")),
        "said": said if by_staff else None,
    }


def _reader_is_verified(mail: OutgoingMail) -> bool:
    # Anybody may have opened an account with somebody else's address.
    return mail.reader is None or mail.reader.is_verified


def _account_context(mail: OutgoingMail, settings: MailSettings) -> dict[str, Any]:
    """Variables from the data of the outbox row: notice, link, invitation."""
    data = mail.row.data or {}
    notice_context = _notice_context(mail, settings) if "kind" in data else {}
    if mail.token is not None:
        return notice_context | _link_context(
            TokenPurpose(mail.token.purpose), mail.token, settings
        )
    if mail.registration is not None:
        return _link_context(TokenPurpose.REGISTRATION, mail.registration, settings)
    return (
        notice_context
        if mail.invitation is None
        else _invitation_context(mail.invitation, settings)
    )


def _notice_context(mail: OutgoingMail, settings: MailSettings) -> dict[str, Any]:
    data = mail.row.data
    notice = security_notices.NOTICES[data["kind"]]
    return {
        "notice": notice,
        "about": notice.about.sanitized(one_line(data["about"]))
        if _reader_is_verified(mail)
        else "",
        "from_address": safe_names.ip_address(data.get("from", "")),
        "device": safe_names.safe_name(device_name(data["user_agent"])),
        "link": f"{settings.base_url}/{notice.path}",
    }


def _link_context(purpose: TokenPurpose, row: LinkedRow, settings: MailSettings) -> dict[str, Any]:
    # Signed at composition and not stored, so the outbox contains no usable link.
    return {
        "link": f"{settings.base_url}/{LINKS[purpose]}/{settings.sign(purpose, row)}",
        "until": format_moment(row.expires_at, _MOMENT),
    }


def _invitation_context(offer: InvitationDetails, settings: MailSettings) -> dict[str, Any]:
    return {
        **_link_context(TokenPurpose.INVITATION, offer.invitation, settings),
        "inviter": safe_names.safe_name(offer.inviter.name, gettext("Somebody")),
        "organization": safe_names.safe_name(offer.organization.name, gettext("an organization")),
    }


def one_line(text: str) -> str:
    """`text` on one line of at most 200 characters, without control and direction characters."""
    return " ".join(_TURNING.sub("", UNPRINTABLE.sub(" ", text)).split())[:_MAX_SUBJECT].rstrip()
