"""Outgoing mail for tests of messages: rows that no database has seen."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import Policy, compat32, default
from email.utils import parseaddr
from typing import Any

from flask import Flask

from portal import config, markdown
from portal.mail.message import Message
from portal.mail.message_context import MailSettings
from portal.mail.outgoing import EarlierComment, OutgoingMail
from portal.mail.statistics_report import MailedReport
from portal.models.delivery import Outbox
from portal.models.organizations import Invitation, Organization, OrganizationDomain
from portal.models.people import PendingRegistration, User, UserToken
from portal.models.statistics import Dimension, Measure, ReportSubscription
from portal.models.tickets import Attachment, Comment, Ticket
from portal.product import Product
from portal.queries.organizations.domains import DomainDetails
from portal.queries.organizations.invitations import InvitationDetails
from portal.queries.statistics.narrowing import EVERYTHING
from portal.queries.statistics.period import Period
from portal.queries.statistics.progress import Progress
from portal.queries.statistics.report import Report
from portal.queries.statistics.tally import Tally
from portal.web.statistics import mailed
from portal.web.templating import filters

EMAILS = config.ROOT / "templates" / "emails"
MOMENT = datetime(2026, 3, 29, 10, 30, tzinfo=UTC)
# Each folder is a mail: a new one is in every test of all mails.
TEMPLATES = tuple(sorted(path.name for path in EMAILS.iterdir() if path.is_dir()))
# These are about an account, the others about a ticket.
OF_ACCOUNTS = (
    "already_registered",
    "account_notice",
    "finish_registration",
    "account_opened",
    "reset_password",
    "change_email",
    "invitation",
    "confirm_domain",
    "account_deleted",
    "statistics_report",
)
PURPOSES = {"account_opened": "reset", "reset_password": "reset", "change_email": "change_email"}
# About a change, not about a message.
WITHOUT_WORDS = ("assigned", "mentioned", "participant_added", "ticket_solved")
EARLIER = "<p>Since <em>Monday</em>.</p>"
DATA = {
    "account_notice": {
        "kind": "password_changed",
        "about": "",
        "from": "192.0.2.7",
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    },
    "account_deleted": {"locale": "en"},
}


def desk(**settings: Any) -> MailSettings:
    """A desk at help.example.com with the application's own templates and filters."""
    app = Flask("mail", template_folder=str(config.ROOT / "templates"), static_folder=None)
    filters.attach(app)
    facts = {
        "base_url": "https://help.example.com",
        "mail_from": "Acme Support <support@example.com>",
        "support_email": "support@example.com",
        "product": Product(),
        **settings,
    }
    return MailSettings(
        environment=app.jinja_env,
        sign=lambda purpose, row: f"{purpose}-{row.id}",
        sign_rating=lambda ticket: f"rating-{ticket.id}",
        sign_reply=lambda mailbox, ticket, user_id: mailbox.replace(
            "@", f"+t.{ticket.id}-{user_id}@"
        ),
        sign_report=lambda subscription: f"report-{subscription.id}",
        sign_decline=lambda user, name: f"{name}-{user.id}",
        report_words=mailed.words,
        **facts,
    )


def person(**facts: Any) -> User:
    """Ann, who reads English, unless told otherwise."""
    known = {"organization_id": 3, "organization_role": "owner"}
    known |= {"id": 1, "email": "ann@example.com", "first_name": "Ann", "last_name": "Archer"}
    known |= {"role": "customer", "locale": "en", "timezone": "UTC", "is_verified": True}
    known |= {"password_hash": "a hash"}
    return User(**{**known, **facts})


def comment(message: str = "The **boiler** is cold.", html: str = "", **facts: Any) -> Comment:
    """A public comment; `html` is the message rendered unless given."""
    rendered = html or markdown.render(message)
    known = {"internal": False, "created_at": MOMENT, "message": message, "html": rendered}
    return Comment(**{**known, **facts})


def attachment(filename: str = "boiler.jpg", size: int = 3 * 1024 * 1024) -> Attachment:
    """A picture of 3 MB."""
    return Attachment(filename=filename, size=size, content_type="image/jpeg")


def outgoing_mail(
    template: str = "reply", *, subject: str = "No hot water", **facts: Any
) -> OutgoingMail:
    """A mail to Ann about ticket REQ000007, by Sam."""
    row = Outbox(
        template=template,
        recipient="ann@example.com",
        message_id="<lodge.0123456789abcdef@help.example.com>",
        created_at=MOMENT,
        data=facts.pop("data", DATA.get(template, {})),
    )
    known: dict[str, Any] = {"reader": person()}
    if template == "invitation":
        known["invitation"] = invitation()
    if template == "confirm_domain":
        known |= {"reader": None, "domain": domain()}
    if template == "finish_registration":
        known["reader"] = None
        known["registration"] = PendingRegistration(
            id=12, email="ann@example.com", locale="en", expires_at=MOMENT + timedelta(hours=1)
        )
    if template in PURPOSES:
        known["token"] = UserToken(
            id=12, purpose=PURPOSES[template], expires_at=MOMENT + timedelta(hours=1)
        )
    if template == "statistics_report":
        known["report"] = mailed_report()
    if template not in OF_ACCOUNTS:
        known["ticket"] = Ticket(
            id=7,
            subject=subject,
            created_at=MOMENT,
            requester_id=1,
            organization_id=3,
            status="solved" if template == "ticket_solved" else "open",
        )
        known["author"] = person(id=2, email="sam@example.com", first_name="Sam", last_name="")
        known["comment"] = None if template in WITHOUT_WORDS else comment()
        known["attachments"] = () if template in WITHOUT_WORDS else (attachment(),)
        known["earlier"] = (EarlierComment(comment("Since *Monday*.", EARLIER), person()),)
    return OutgoingMail(row=row, **{**known, **facts})


def mailed_report(**facts: Any) -> MailedReport:
    """Of the last week, in which one ticket was filed, and of all tickets."""
    week = Period(date(2026, 3, 16), date(2026, 3, 22))
    tally = Tally(sums={(Measure.FILED, Dimension.TOTAL): Counter({"": 1})})
    subscription = ReportSubscription(id=12, user_id=1, every="week", query="", created_at=MOMENT)
    known = {
        "subscription": subscription,
        "period": week,
        "names": {},
        "report": Report(week, EVERYTHING, MOMENT.date(), tally, Progress(1, 1, 1, MOMENT)),
    }
    return MailedReport(**{**known, **facts})


def invitation(**facts: Any) -> InvitationDetails:
    """Sam invites Ann to Acme."""
    known = {"organization_id": 3, "role": "user", "expires_at": MOMENT + timedelta(days=7)}
    return InvitationDetails(
        Invitation(id=12, email="ann@example.com", **known),
        Organization(id=3, name="Acme"),
        person(**{"id": 2, "email": "sam@example.com", "first_name": "Sam", **facts}),
    )


def domain(**facts: Any) -> DomainDetails:
    """Sam asks that new accounts of example.com join Acme."""
    expires_at = MOMENT + timedelta(days=7)
    return DomainDetails(
        OrganizationDomain(
            id=12, organization_id=3, domain="example.com", role="user", expires_at=expires_at
        ),
        Organization(id=3, name="Acme"),
        person(**{"id": 2, "email": "sam@example.com", "first_name": "Sam", **facts}),
    )


class Reader:
    """A mail program: takes bytes and shows fields, as one of Python's two parsers has them."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._data = b""

    def __call__(self, data: bytes) -> "Reader":
        made = Reader(self._policy)
        made._data = data
        return made

    def __getitem__(self, name: str) -> str | None:
        found = message_from_bytes(self._data, policy=self._policy).get_all(name, [])
        assert len(found) <= 1
        return self._shown(found[0]) if found else None

    def mailbox(self, data: bytes, name: str) -> tuple[str, str]:
        """The name and the address of a field."""
        value = message_from_bytes(data, policy=self._policy)[name]
        if self._policy is compat32:
            shown, address = parseaddr(_unfolded(value))
            return self._shown(shown), address
        [one] = value.addresses
        return one.display_name, one.addr_spec

    def _shown(self, value: str) -> str:
        if self._policy is compat32:
            return str(make_header(decode_header(_unfolded(value))))
        assert not getattr(value, "defects", ())
        return str(value)


READERS = {"default": Reader(default), "compat32": Reader(compat32)}


def _unfolded(value: str) -> str:
    return value.replace("\r\n", "").replace("\n", "")


def received(message: Message | bytes) -> EmailMessage:
    """The mail as it is read by whom it was sent to."""
    data = message if isinstance(message, bytes) else message.data
    read = message_from_bytes(data, policy=default)
    assert isinstance(read, EmailMessage)
    assert not [part.defects for part in read.walk() if part.defects]
    return read


def part(message: Any, kind: str = "plain") -> str:
    """The text of one part, with line ends as Python has them."""
    read = received(message) if isinstance(message, Message) else message
    return str(read.get_body((kind,)).get_content()).replace("\r\n", "\n")
