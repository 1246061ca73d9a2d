"""Mailboxes that are fetched: their rows, and what came of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import select, update

from jobs.fetching.crew import Crew
from jobs.fetching.fetcher import Pauses
from portal.extensions import db
from portal.models.inbound import InboundMessage, Mailbox, MailboxWay
from portal.security.encryption import encrypt
from tests.dovecot import PASSWORD
from tests.factories import writing
from tests.waiting import PATIENCE, wait_for

# An IDLE is longer than any test waits: what comes meanwhile comes by it.
SOON = Pauses(idle=2 * PATIENCE, poll=0.05, retry=0.05, longest=0.2, held=0.05)


def add_mailbox(app: Flask, port: int, user: str, **columns: Any) -> int:
    """A mailbox of that user at a server without TLS on loopback; its id."""
    with writing(app):
        mailbox = Mailbox(
            **{
                "address": f"{user}@example.com",
                "way": MailboxWay.IMAP,
                "host": "127.0.0.1",
                "port": port,
                "security": "none",
                "username": user,
                "secret": encrypt(PASSWORD),
                **columns,
            }
        )
        db.session.add(mailbox)
        db.session.flush()
        return mailbox.id


def change_mailbox(app: Flask, mailbox_id: int, **columns: Any) -> None:
    with writing(app):
        db.session.execute(update(Mailbox).where(Mailbox.id == mailbox_id).values(**columns))


def mailbox_row(app: Flask, mailbox_id: int) -> Mailbox:
    with app.app_context():
        return db.session.get_one(Mailbox, mailbox_id)


def kept(app: Flask, mailbox_id: int) -> list[InboundMessage]:
    """All messages of the mailbox, the oldest first."""
    query = select(InboundMessage).where(InboundMessage.mailbox_id == mailbox_id)
    with app.app_context():
        return list(db.session.scalars(query.order_by(InboundMessage.id)))


def wait_for_kept(app: Flask, mailbox_id: int, number: int) -> list[InboundMessage]:
    """The messages once there are so many, and the mailbox was looked through."""
    wait_for(lambda: len(kept(app, mailbox_id)) >= number, f"{number} mails")
    return kept(app, mailbox_id)


def wait_for_success(app: Flask, mailbox_id: int) -> None:
    """Wait until all that there is has been fetched."""

    def is_through() -> bool:
        row = mailbox_row(app, mailbox_id)
        return row.uid_validity is not None and row.last_success_at is not None

    wait_for(is_through, "fetched")


def wait_for_failure(app: Flask, mailbox_id: int) -> Mailbox:
    """The mailbox once it could not be fetched."""
    wait_for(lambda: mailbox_row(app, mailbox_id).failure_reason is not None, "failed")
    return mailbox_row(app, mailbox_id)


@contextmanager
def fetching(app: Flask, pauses: Pauses = SOON) -> Iterator[Crew]:
    """A crew that has looked once, until the block ends."""
    crew = Crew(app, pauses)
    crew.look()
    try:
        yield crew
    finally:
        crew.end(PATIENCE)
