"""The sweep watches over mail that comes in."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from portal import clock
from portal.extensions import db
from portal.models.inbound import MailAlarm, Mailbox, MailboxWay
from tests.cast import Cast
from tests.factories import writing
from tests.sweeping import sweep


def alarms(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(MailAlarm.trouble)))


def test_a_silent_mailbox_is_noticed_and_forgotten_when_it_is_fetched(
    app: Flask, cast: Cast
) -> None:
    long_ago = clock.now() - timedelta(minutes=20)
    with writing(app):
        way = MailboxWay.IMAP
        db.session.add(Mailbox(address="a@example.com", way=way, last_success_at=long_ago))
    with app.app_context():
        sweep()
    assert alarms(app) == ["mailbox:1"]
    with writing(app):
        db.session.execute(db.update(Mailbox).values(last_success_at=clock.now()))
    with app.app_context():
        sweep()
    assert alarms(app) == []
