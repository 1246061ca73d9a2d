"""Administrators are told once that mail does not come in, and once that it does again."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal import clock
from portal.extensions import db
from portal.inbound_url import parse
from portal.models.delivery import Outbox
from portal.models.inbound import InboundMessage, MailAlarm, Mailbox, MailboxWay
from portal.models.tickets import Notification, NotificationKind
from portal.services.inbound import alarms
from tests.cast import Cast
from tests.factories import writing
from tests.inbound.mails import mail, take_in

LONG_AGO = clock.now() - timedelta(minutes=20)


@pytest.fixture(autouse=True)
def _silent_mailbox(app: Flask, cast: Cast) -> None:
    with writing(app):
        db.session.add(
            Mailbox(address="help@example.com", way=MailboxWay.IMAP, last_success_at=LONG_AGO)
        )


def check(app: Flask, *, minutes: int = 0) -> None:
    """A look at it, so many minutes after the one before."""
    with writing(app):
        for alarm in db.session.scalars(select(MailAlarm)):
            alarm.seen_at -= timedelta(minutes=minutes)
    with writing(app):
        for news in alarms.look():
            alarms.tell(news)


def change(app: Flask, **columns: Any) -> None:
    with writing(app):
        db.session.execute(update(Mailbox).values(**columns))


def told(app: Flask) -> list[tuple[str, str, str]]:
    """Kind, reader and subject of each mail."""
    with app.app_context():
        query = select(Outbox).where(Outbox.template == "account_notice")
        rows = db.session.scalars(query.order_by(Outbox.id))
        return [(row.data["kind"], row.recipient, row.data["about"]) for row in rows]


def bells(app: Flask) -> list[tuple[int, str]]:
    with app.app_context():
        query = select(Notification.user_id, Notification.kind).order_by(Notification.id)
        return [(user_id, kind) for user_id, kind in db.session.execute(query)]


FAILED = ("mail_not_fetched", "ada@example.com", "help@example.com")
OVER = ("mail_comes_again", "ada@example.com", "help@example.com")


def test_each_administrator_is_told_once_by_mail_and_by_bell(app: Flask, cast: Cast) -> None:
    check(app)
    assert not told(app), "it may have been switched on a moment ago"
    check(app, minutes=3)
    for _ in range(2):
        check(app, minutes=9)
    assert told(app) == [FAILED]
    assert bells(app) == [(cast.ada.id, NotificationKind.MAIL_STOPPED)]


def test_its_end_is_told_once_and_the_next_outage_again(app: Flask, cast: Cast) -> None:
    for minutes in (0, 3):
        check(app, minutes=minutes)
    change(app, last_success_at=clock.now())
    for _ in range(2):
        check(app, minutes=3)
    assert told(app) == [FAILED, OVER]
    assert bells(app) == [(cast.ada.id, NotificationKind.MAIL_COMES_AGAIN)]
    change(app, last_success_at=LONG_AGO)
    for minutes in (0, 3):
        check(app, minutes=minutes)
    assert told(app) == [FAILED, OVER, FAILED]


def test_what_ends_before_anybody_was_told_is_not_told(app: Flask) -> None:
    check(app)
    change(app, last_success_at=clock.now())
    check(app, minutes=3)
    assert not told(app) and not bells(app)


def test_a_mailbox_that_is_switched_off_is_no_trouble_any_more(app: Flask) -> None:
    for minutes in (0, 3):
        check(app, minutes=minutes)
    change(app, is_active=False)
    check(app, minutes=3)
    assert told(app) == [FAILED, OVER]


def test_the_bell_says_that_mail_comes_again_when_all_of_it_does(app: Flask) -> None:
    with writing(app):
        way = MailboxWay.IMAP
        db.session.add(Mailbox(address="b@example.com", way=way, last_success_at=LONG_AGO))
    for minutes in (0, 3):
        check(app, minutes=minutes)
    with writing(app):
        first = update(Mailbox).where(Mailbox.address == "help@example.com")
        db.session.execute(first.values(last_success_at=clock.now()))
    check(app)
    assert told(app)[-1] == OVER
    assert [kind for _reader, kind in bells(app)] == [NotificationKind.MAIL_STOPPED]
    change(app, last_success_at=clock.now())
    check(app)
    assert [kind for _reader, kind in bells(app)] == [NotificationKind.MAIL_COMES_AGAIN]


def test_mails_that_nobody_reads_are_an_alarm_of_their_own(app: Flask, cast: Cast) -> None:
    change(app, last_success_at=clock.now())
    take_in(app, mail())
    with writing(app):
        values = {"state": "received", "due_at": LONG_AGO, "attempts": 0}
        db.session.execute(update(InboundMessage).values(**values))
    for minutes in (0, 3):
        check(app, minutes=minutes)
    assert told(app) == [("mail_not_read", "ada@example.com", "")]


def test_a_program_that_takes_mail_no_more_is_an_alarm_of_its_own(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(app, last_success_at=clock.now())
    monkeypatch.setitem(app.config, "INBOUND_URL", parse("lmtp://127.0.0.1:24"))
    for minutes in (0, 3):
        check(app, minutes=minutes)
    assert told(app) == [("mail_not_taken", "ada@example.com", "")]
