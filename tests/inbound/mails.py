"""Mails for the tests, and the way they take: taken in, then read by the job in this process."""

from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from itertools import count
from typing import Any

from flask import Flask
from sqlalchemy import select

from jobs import delivery
from jobs.inbound_reading import InboundHandler
from portal.extensions import db
from portal.inbound import receive
from portal.mail_parsing.message import TooDeepError, parse
from portal.mail_parsing.process import Parser, UnreadableError
from portal.models.inbound import InboundMessage, InboundWay
from portal.models.tickets import Comment, Ticket

DESK = "support@example.com"
_numbers = count(1)


def mail(
    sender: str = "ann@example.com",
    text: str = "It drips again.",
    *,
    subject: str = "A leak",
    to: str = DESK,
    headers: dict[str, str] | None = None,
) -> EmailMessage:
    """A mail of its own Message-ID; `headers` are added or replaced."""
    made = EmailMessage(policy=SMTP)
    fields = {
        "From": sender,
        "To": to,
        "Subject": subject,
        "Message-ID": f"<{next(_numbers)}@mail.example.com>",
        "Date": "Mon, 30 Nov 2026 10:00:00 +0000",
    }
    for name, value in (fields | (headers or {})).items():
        made[name] = value
    made.set_content(text)
    return made


class InProcess(Parser):
    """Parses here: a process of its own is tested where it matters."""

    def parse(self, source: Any, size: int) -> Any:
        try:
            return parse(source.read(size))
        except TooDeepError as error:
            raise UnreadableError(str(error)) from None


def take_in(app: Flask, *mails: EmailMessage | bytes, **options: Any) -> list[int]:
    """Receive the mails and read them; the ids of their rows."""
    with app.app_context():
        options = {"way": InboundWay.COMMAND, **options}
        ids = [
            receive(one if isinstance(one, bytes) else one.as_bytes(), **options).id
            for one in mails
        ]
    read(app)
    return ids


def read(app: Flask) -> None:
    with app.app_context():
        delivery.deliver_due(InboundHandler(app.extensions["lodge.storage"], InProcess()), 60.0)


def row(app: Flask, message_id: int) -> InboundMessage:
    with app.app_context():
        return db.session.get_one(InboundMessage, message_id)


@contextmanager
def reading(app: Flask) -> Iterator[None]:
    """A context to look at what became of them."""
    with app.app_context():
        yield


def tickets(app: Flask) -> list[Ticket]:
    with app.app_context():
        return list(db.session.scalars(select(Ticket).order_by(Ticket.id)))


def comments(app: Flask, ticket_id: int) -> list[Comment]:
    with app.app_context():
        query = select(Comment).where(Comment.ticket_id == ticket_id).order_by(Comment.id)
        return list(db.session.scalars(query))
