"""The mail server is away: that is seen soon, costs few tries, and ends by itself on its return."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.extensions import begin_write, db
from portal.models.delivery import MailServer, Outbox
from portal.queries.delivery import mail_server
from tests.cast import Cast
from tests.flows.consistency import check, count_failing, forget_pauses
from tests.flows.desk import Desk
from tests.flows.load import load
from tests.waiting import wait_for

pytestmark = [
    pytest.mark.slow,
    # What is asked here has nothing to do with the kind of database.
    pytest.mark.databases("sqlite"),
]


def test_a_dead_mail_server_is_seen_and_nobody_has_to_help_when_it_is_back(
    app: Flask, cast: Cast, desk: Desk
) -> None:
    desk.open()
    desk.mail.close()
    with load(desk.port, cast, pause=0.5) as work:
        work.request_log.wait_for_more(10)
        wait_for(lambda: is_away(app), "found away")
        assert desk.checks()["mail"] == "ok", "that may be over in a moment"
        work.request_log.wait_for_more(5)
    assert count_failing(app) < count_owed(app)
    let_minutes_pass(app)
    wait_for(lambda: desk.checks()["mail"] == "degraded", "seen")
    desk.mail.open()
    forget_pauses(app)
    wait_for(lambda: not is_away(app), "back")
    wait_for(lambda: desk.checks()["mail"] == "ok", "said")
    check(app, desk, work)


def is_away(app: Flask) -> bool:
    with app.app_context():
        return mail_server.state().is_unreachable


def count_owed(app: Flask) -> int:
    with app.app_context():
        return len(db.session.scalars(select(Outbox.id)).all())


def let_minutes_pass(app: Flask) -> None:
    with app.app_context():
        begin_write()
        server = db.session.scalars(select(MailServer)).one()
        assert server.failing_since is not None
        earlier = server.failing_since - timedelta(minutes=4)
        db.session.execute(update(MailServer).values(failing_since=earlier))
        db.session.commit()
