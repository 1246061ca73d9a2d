"""Letters for tests of messages: rows that no database has seen."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask

from portal import config
from portal.mail.messages import Desk
from portal.models import Comment, Invitation, Organization, Outbox, Ticket, User, UserToken
from portal.queries.invitations import Offer
from portal.queries.outbox import Letter
from portal.web import filters

MOMENT = datetime(2026, 3, 29, 10, 30, tzinfo=UTC)
TEMPLATES = (
    "ticket_filed",
    "ticket_filed_staff",
    "reply",
    "customer_reply",
    "assigned",
    "already_registered",
    "account_notice",
    "verify_email",
    "reset_password",
    "change_email",
    "invitation",
    "account_deleted",
)
# These are about an account, the others about a ticket.
OF_ACCOUNTS = TEMPLATES[-7:]
PURPOSES = {"verify_email": "verify", "reset_password": "reset", "change_email": "change_email"}
DATA = {
    "account_notice": {
        "kind": "password_changed",
        "about": "",
        "from": "192.0.2.7",
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    },
    "account_deleted": {"locale": "en"},
}


def desk(**settings: str) -> Desk:
    """A desk at help.example.com with the application's own templates and filters."""
    app = Flask("mail", template_folder=str(config.ROOT / "templates"), static_folder=None)
    filters.attach(app)
    facts = {
        "base_url": "https://help.example.com",
        "mail_from": "Acme Support <support@example.com>",
        "support_email": "support@example.com",
        **settings,
    }
    return Desk(environment=app.jinja_env, sign=lambda purpose, row: f"{purpose}-{row}", **facts)


def person(**facts: Any) -> User:
    """Ann, who reads English, unless told otherwise."""
    known = {"id": 1, "email": "ann@example.com", "first_name": "Ann", "last_name": "Archer"}
    return User(**{**known, "locale": "en", "timezone": "UTC", **facts})


def comment(message: str = "The **boiler** is cold.", html: str = "", **facts: Any) -> Comment:
    """A public comment; `html` is a paragraph of the message unless given."""
    rendered = html or f"<p>{message}</p>"
    known = {"internal": False, "created_at": MOMENT, "message": message, "html": rendered}
    return Comment(**{**known, **facts})


def letter(template: str = "reply", *, subject: str = "No hot water", **facts: Any) -> Letter:
    """A letter to Ann about ticket REQ000007, by Sam."""
    row = Outbox(
        template=template,
        recipient="ann@example.com",
        message_id="<lodge.0123456789abcdef@help.example.com>",
        created_at=MOMENT,
        data=facts.pop("data", DATA.get(template, {})),
    )
    known: dict[str, Any] = {"reader": person()}
    if template == "invitation":
        known["offer"] = offer()
    if template in PURPOSES:
        known["token"] = UserToken(
            id=12, purpose=PURPOSES[template], expires_at=MOMENT + timedelta(hours=1)
        )
    if template not in OF_ACCOUNTS:
        known["ticket"] = Ticket(id=7, subject=subject, created_at=MOMENT)
        known["author"] = person(id=2, email="sam@example.com", first_name="Sam", last_name="")
        known["comment"] = None if template == "assigned" else comment()
    return Letter(row=row, **{**known, **facts})


def offer(**facts: Any) -> Offer:
    """Sam invites Ann to Acme."""
    known = {"organization_id": 3, "role": "user", "expires_at": MOMENT + timedelta(days=7)}
    return Offer(
        Invitation(id=12, email="ann@example.com", **known),
        Organization(id=3, name="Acme"),
        person(**{"id": 2, "email": "sam@example.com", "first_name": "Sam", **facts}),
    )


def part(message: Any, kind: str = "plain") -> str:
    """The text of one part, with line ends as Python has them."""
    body = message.get_body((kind,))
    return str(body.get_content()).replace("\r\n", "\n")
