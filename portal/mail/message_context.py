"""Template context of a mail, from an OutgoingMail.

What a mail says of a conversation is in `mail.conversation`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

from jinja2 import Environment

from portal.i18n import LOCALES, current_locale, format_moment, gettext
from portal.mail import safe_names, security_notices
from portal.mail.conversation import MOMENT, conversation_context, reader_is_verified
from portal.mail.outgoing import OutgoingMail
from portal.mail.statistics_report import MailedReport
from portal.mail_words import OwnText
from portal.models.organizations import Invitation, OrganizationDomain
from portal.models.people import (
    PendingRegistration,
    TokenPurpose,
    User,
    UserToken,
    declinable,
    preference,
)
from portal.models.statistics import ReportSubscription
from portal.models.tickets import Ticket
from portal.product import Product
from portal.queries.organizations.domains import DomainDetails
from portal.queries.organizations.invitations import InvitationDetails
from portal.queries.statistics.report import Report
from portal.security.people.devices import device_name

# Paths of links, before the signature.
LINKS = {
    TokenPurpose.RESET: "auth/reset",
    TokenPurpose.CHANGE_EMAIL: "account/new-email",
    TokenPurpose.UNDO_EMAIL: "auth/restore",
    TokenPurpose.INVITATION: "auth/invitations",
    TokenPurpose.REGISTRATION: "auth/verify",
    TokenPurpose.DOMAIN: "auth/domains",
}

LinkedRow = UserToken | Invitation | PendingRegistration | OrganizationDomain


@dataclass(frozen=True, slots=True)
class MailSettings:
    """The sender's addresses, the Jinja environment, and the function that signs links."""

    base_url: str
    mail_from: str
    support_email: str
    product: Product
    environment: Environment
    # A link's text from its purpose and its row: `security.people.tokens.sign`.
    sign: Callable[[TokenPurpose, LinkedRow], str]
    # The text of a link to rate a ticket: `security.rating_links.sign`.
    sign_rating: Callable[[Ticket], str]
    # The address for a reader's replies, from a mailbox's: `security.reply_addresses.sign`.
    sign_reply: Callable[[str, Ticket, int], str]
    # That of a link to stop a report: `security.report_links.sign`.
    sign_report: Callable[[ReportSubscription], str]
    # That of a link to decline mails of a name: `security.people.unsubscribe_links.sign`.
    sign_decline: Callable[[User, str], str]
    # What a report says: `web.statistics.mailed.words`.
    report_words: Callable[[Report, Mapping[str, str]], Any]
    languages: Sequence[str] = LOCALES
    # An administrator's own words for a template in a language.
    own_text: Callable[[str, str], OwnText | None] = lambda _template, _locale: None

    @property
    def name(self) -> str:
        """The display name in MAIL_FROM, else PRODUCT_NAME."""
        return parseaddr(self.mail_from)[0] or self.product.name


def tidy(text: str) -> str:
    """A rendered text part, whose blocks leave blank lines behind."""
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def template_context(mail: OutgoingMail, settings: MailSettings) -> dict[str, Any]:
    """The variables of the mail's templates, in the locale and time zone in force."""
    ticket = mail.ticket
    return {
        "desk": settings,
        "locale": current_locale(),
        "moment": format_moment(mail.row.created_at, MOMENT),
        "ticket": ticket,
        "link": f"{settings.base_url}/{f'tickets/{ticket.number}' if ticket else 'auth/login'}",
        "forgot_link": f"{settings.base_url}/auth/forgot",
        # Staff filed for them: nobody has opened the account yet.
        "opens_account": bool(ticket and mail.reader and mail.reader.password_hash is None),
        "has_password": mail.reader is not None and mail.reader.password_hash is not None,
        **(_ticket_context(mail, ticket, settings) if ticket else _account_context(mail, settings)),
        **(_report_context(mail.report, settings) if isinstance(mail.report, MailedReport) else {}),
    }


def _report_context(mailed: MailedReport, settings: MailSettings) -> dict[str, Any]:
    period, base = mailed.period, settings.base_url
    page = f"{base}/admin/?from={period.first}&to={period.last}"
    # Customers choose the names of their organizations.
    names = {field: safe_names.safe_name(name) for field, name in mailed.names.items()}
    words = mailed.report and settings.report_words(mailed.report, names)
    return {
        "words": words,
        "problem": "" if words else _problem(mailed, ", ".join(filter(None, names.values()))),
        "is_complete": mailed.report is None or mailed.report.progress.is_complete,
        "queue": f"{base}/tickets/queue?",
        "link": "&".join(filter(None, (page, mailed.subscription.query))),
        "stop_link": stop_link(mailed, settings),
    }


def _problem(mailed: MailedReport, what: str) -> str:
    if mailed.too_broad:
        text = gettext(
            "Counting the tickets of this report takes too long: %(what)s. Choose others on the "
            "page, or stop the report."
        )
    else:
        text = gettext(
            "This report cannot be made: there are no tickets of %(what)s any more. Choose others "
            "on the page, or stop the report."
        )
    return text % {"what": what}


def stop_link(mailed: MailedReport, settings: MailSettings) -> str:
    """Where the reader stops the report, without signing in."""
    return f"{settings.base_url}/auth/reports/{settings.sign_report(mailed.subscription)}"


def decline_link(mail: OutgoingMail, settings: MailSettings) -> str:
    """Where the reader declines such mails without signing in; empty if nobody can."""
    if isinstance(mail.report, MailedReport):
        return stop_link(mail.report, settings)
    name, reader = preference(mail.row.template), mail.reader
    if reader is None or name not in declinable(reader.role):
        return ""
    return f"{settings.base_url}/auth/mails/{settings.sign_decline(reader, name)}"


def _ticket_context(mail: OutgoingMail, ticket: Ticket, settings: MailSettings) -> dict[str, Any]:
    context = conversation_context(mail, ticket)
    if context["may_rate"] and context["solved"]:
        context["rate_link"] = f"{settings.base_url}/auth/ratings/{settings.sign_rating(ticket)}"
    return context


def _account_context(mail: OutgoingMail, settings: MailSettings) -> dict[str, Any]:
    """Variables from the data of the outbox row: notice, link, invitation."""
    data = mail.row.data or {}
    notice_context = _notice_context(mail, settings) if "kind" in data else {}
    if mail.token is not None:
        return notice_context | _link_context(
            TokenPurpose(mail.token.purpose), mail.token, settings
        )
    if mail.registration is not None:
        filed = mail.registration.message is not None
        link = _link_context(TokenPurpose.REGISTRATION, mail.registration, settings)
        return {"filed": filed, **link}
    if mail.domain is not None:
        return _domain_context(mail, mail.domain, settings)
    if data.get("filed"):
        return {"filed": True}
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
        "about": notice.about.sanitized(safe_names.one_line(data["about"]))
        if reader_is_verified(mail)
        else "",
        "from_address": safe_names.ip_address(data.get("from", "")),
        "device": safe_names.safe_name(device_name(data["user_agent"])),
        "link": f"{settings.base_url}/{notice.path}",
    }


def _link_context(purpose: TokenPurpose, row: LinkedRow, settings: MailSettings) -> dict[str, Any]:
    # Signed at composition and not stored, so the outbox contains no usable link.
    return {
        "link": f"{settings.base_url}/{LINKS[purpose]}/{settings.sign(purpose, row)}",
        "until": format_moment(row.expires_at, MOMENT) if row.expires_at else "",
    }


def _invitation_context(offer: InvitationDetails, settings: MailSettings) -> dict[str, Any]:
    return {
        **_link_context(TokenPurpose.INVITATION, offer.invitation, settings),
        "inviter": safe_names.safe_name(offer.inviter.name, gettext("Somebody")),
        "organization": safe_names.safe_name(offer.organization.name, gettext("an organization")),
    }


def _domain_context(
    mail: OutgoingMail, found: DomainDetails, settings: MailSettings
) -> dict[str, Any]:
    return {
        **_link_context(TokenPurpose.DOMAIN, found.domain, settings),
        # The reader's own, which nobody has made up.
        "domain": mail.row.recipient.rpartition("@")[2],
        "organization": safe_names.safe_name(found.organization.name, gettext("an organization")),
    }
