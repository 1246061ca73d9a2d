"""Mail as the scenes find it: mailboxes, what came in, what is owed or came back."""

from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select

from portal import clock
from portal.extensions import db
from portal.models.delivery import Outbox, OutboxState, ReasonNotToSend
from portal.models.delivery.outbox import RETURNED
from portal.models.inbound import FailureReason, MailboxWay, MailTrial
from portal.models.people import MailsAs, User
from portal.models.tickets import MailedComment
from portal.queries.inbound import mailboxes as queries
from portal.services.inbound import blocked_senders, mailbox_settings, mailboxes
from portal.services.inbound.mailbox_settings import MailboxSecrets, MailboxValues
from portal.services.people import returned_mails
from tests import factories
from tests.browser.scenes.playing import LONG, MESSAGE
from tests.cast import Cast
from tests.inbound.mails import mail, take_in


def set_up_mailboxes(cast: Cast) -> None:
    """One that works, beside the desk's own, one that fails, and one that is to be connected."""
    for address, name in ((f"{'support' * 8}@example.com", LONG), ("sales@example.net", "")):
        server = {"host": f"{'imap' * 15}.example.net", "username": address}
        made = mailbox_settings.create(
            actor=cast.ada,
            values=MailboxValues(address, name, way=MailboxWay.IMAP, **server),
            secrets=MailboxSecrets(password="word"),
        )
        mailboxes.record_success(made)
    mailboxes.record_failure(made, FailureReason.PASSWORD, f"NO {LONG} {LONG}")
    mailbox_settings.create(
        actor=cast.ada,
        values=MailboxValues(
            "office@example.net",
            way=MailboxWay.IMAP,
            host="outlook.office365.com",
            username="office@example.net",
            authentication="microsoft",
            oauth_client_id="lodge",
        ),
        secrets=MailboxSecrets(client_secret="word"),
    )
    _trials()
    blocked_senders.block(actor=cast.ada, pattern="list.example", reason=f"{LONG} {LONG}")


def _trials() -> None:
    """One that came in, one that did not leave, one that somebody has kept."""
    db.session.flush()
    before = clock.now() - timedelta(days=1)
    ends = (
        {"left_at": before, "arrived_at": before},
        {"error": f"550 {LONG}"},
        {"left_at": before},
    )
    for mailbox, end in zip(queries.listed(), ends, strict=True):
        db.session.add(MailTrial(mailbox_id=mailbox.id, asked_at=before, **end))


def take_mails_in(app: Flask) -> None:
    """One that is suspected, one that cannot be taken apart, two on a ticket, one in Sam's name."""
    spam = mail(f"{LONG[:60]}@example.com", MESSAGE, subject=LONG, headers={"X-Spam-Flag": "YES"})
    deep = b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(2000)
    )
    answer = mail(text=f"Not yet.\n\n-- \n{LONG}\n> {MESSAGE}", subject="Re: REQ000001")
    away = mail(text="I am away.", subject="REQ000001", headers={"Auto-Submitted": "auto-replied"})
    take_in(app, spam, deep, away, answer, mail("sam@example.com", MESSAGE, subject=LONG))


def as_if_mailed(cast: Cast) -> None:
    """The first message; Ann wants to see such ones as they were sent."""
    html = f"<h1>{LONG}</h1><table border=1><tr><td>{LONG}</table><img src=https://a.example/x>"
    remarks = "html remote_pictures signed damaged"
    db.session.add(MailedComment(comment_id=1, rest=f"> {LONG}", html=html, remarks=remarks))
    db.session.get_one(User, cast.ann.id).mails_as = MailsAs.SENT


def owe_in_each_state(app: Flask) -> None:
    """The mails about the first ticket."""
    soon = clock.now() + timedelta(hours=1)
    states: list[dict[str, Any]] = [
        {"state": OutboxState.SENT, "sent_at": clock.now()},
        {"error": f"450 {LONG}", "due_at": soon},
        {"state": OutboxState.PARKED, "error": f"550 {LONG}"},
        {"state": OutboxState.PARKED, "error": f"{RETURNED}5.1.1 550 {LONG}"},
        {"state": OutboxState.DROPPED, "error": ReasonNotToSend.DECLINED},
    ]
    with factories.writing(app):
        rows = db.session.scalars(select(Outbox).where(Outbox.event_id.is_not(None)))
        for row, values in zip(rows.all(), states, strict=False):
            for name, value in values.items():
                setattr(row, name, value)


def bring_back(app: Flask, cast: Cast) -> None:
    """So many that Carl gets none any more."""
    with factories.writing(app):
        for number in range(returned_mails.STOPS_AFTER):
            returned_mails.record(
                user_id=cast.carl.id,
                address=cast.carl.email,
                status="5.1.1",
                said=f"550 {LONG}",
                message_id=f"<lodge.{number:032}@localhost>",
            )
