"""A forgotten password: who asks learns nothing, who owns the mailbox gets a link."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from redis import Redis
from sqlalchemy import select

from portal import clock
from portal.extensions import db
from portal.models.delivery import Outbox, OutboxState
from portal.models.people import AccountEvent, User, UserToken
from portal.services.people import users
from tests import factories
from tests.cast import Cast
from tests.mailbox import Mailbox
from tests.page import Visitor
from tests.statements import statements

FORGOT = "/auth/forgot"


def states(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Outbox.state).order_by(Outbox.id)))


def disable(app: Flask, cast: Cast) -> None:
    with factories.writing(app):
        users.set_active(actor=cast.ada, user=db.session.get_one(User, cast.bob.id), active=False)


def unverify(app: Flask, cast: Cast) -> None:
    with factories.writing(app):
        db.session.get_one(User, cast.carl.id).is_verified = False


@pytest.mark.threat("telling who exists")
def test_the_same_answer_after_the_same_work_for_all(
    app: Flask,
    cast: Cast,
    visit: Callable[[], Visitor],
    monkeypatch: pytest.MonkeyPatch,
):
    """V14. What takes time is counted, not timed: statements are the same, and nothing hashes."""
    disable(app, cast)
    unverify(app, cast)
    monkeypatch.setattr("bcrypt.checkpw", None)
    monkeypatch.setattr("bcrypt.hashpw", None)
    seen = []
    for email in ("ann@example.com", "nobody@example.com", "bob@example.com", "carl@example.com"):
        visitor = visit()
        token = visitor.csrf_token()
        with statements(app) as work:
            page = visitor.post(FORGOT, {"email": email, "csrf_token": token})
        seen.append((page.status, page.location, visitor.get("/auth/login").words, work))
    assert all(answer == seen[0] for answer in seen)


def test_only_active_accounts_get_a_mail(app: Flask, cast: Cast, client: Visitor, mailbox: Mailbox):
    disable(app, cast)
    for email in ("Ann@Example.com", "nobody@example.com", "bob@example.com"):
        client.post(FORGOT, {"email": email})
    assert len(mailbox.links("ann@example.com", "reset")) == 1
    assert mailbox.sent("nobody@example.com") == mailbox.sent("bob@example.com") == []
    assert states(app) == [OutboxState.SENT, OutboxState.DROPPED, OutboxState.DROPPED]


def test_the_log_says_from_where_it_was_asked(
    app: Flask, cast: Cast, client: Visitor, mailbox: Mailbox
):
    client.post(
        FORGOT,
        {"email": cast.ann.email},
        headers={"User-Agent": "Firefox/140"},
        environ_base={"REMOTE_ADDR": "192.0.2.7"},
    )
    mailbox.sent(cast.ann.email)
    with app.app_context():
        line = db.session.scalars(select(AccountEvent)).one()
        assert (line.kind, line.user_id) == ("reset_asked", cast.ann.id)
        assert (line.address, line.user_agent) == ("192.0.2.7", "Firefox/140")


@pytest.mark.threat("foreign host names")
@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "localhost:99999"])
def test_the_host_of_the_request_never_gets_into_a_link(
    cast: Cast, client: Visitor, mailbox: Mailbox, host: str
):
    """V8."""
    token = client.csrf_token()
    answer = client.http.post(
        FORGOT,
        data={"email": cast.ann.email, "csrf_token": token},
        headers={"Host": host, "X-Forwarded-Host": host, "Forwarded": f"host={host}"},
    )
    assert answer.status_code == 400
    client.post(FORGOT, {"email": cast.ann.email}, headers={"X-Forwarded-Host": host})
    assert all("evil" not in mail.as_string() for mail in mailbox.sent(cast.ann.email))
    assert len(mailbox.links(cast.ann.email, "reset")) == 1


@pytest.mark.threat("telling who exists")
def test_any_number_of_requests_is_answered_the_same_whether_there_is_an_account(
    visit: Callable[[], Visitor], cast: Cast
):
    for email in (cast.ann.email, "nobody@example.com"):
        for number in range(8):
            base = {"REMOTE_ADDR": f"192.0.2.{number}"}
            visit().post(FORGOT, {"email": email}, environ_base=base)


def test_twenty_requests_an_hour_from_an_address(visit: Callable[[], Visitor]):
    for number in range(20):
        visit().post(FORGOT, {"email": f"n{number}@example.com"})
    visit().post(
        FORGOT, {"email": "n99@example.com"}, status=429, headers={"X-Forwarded-For": "192.0.2.9"}
    )


@pytest.mark.threat("mailed links")
def test_a_newer_link_ends_the_older_one(
    cast: Cast, client: Visitor, mailbox: Mailbox, queue: Redis
):
    client.post(FORGOT, {"email": cast.ann.email})
    older = mailbox.link(cast.ann.email, "reset")
    queue.flushdb()  # some minutes later, see `portal.web.rate_limits.mail_rates`
    client.post(FORGOT, {"email": cast.ann.email})
    client.get(mailbox.link(cast.ann.email, "reset"))
    client.get(older, status=410)


def test_a_request_that_waited_is_not_answered_after_a_sign_in(
    app: Flask, cast: Cast, client: Visitor, mailbox: Mailbox
):
    client.post(FORGOT, {"email": cast.ann.email})
    client.enter(cast.ann)
    assert mailbox.sent(cast.ann.email) == []
    assert states(app) == [OutboxState.DROPPED]


def test_a_request_that_waited_for_an_hour_is_not_answered(
    app: Flask, cast: Cast, client: Visitor, mailbox: Mailbox
):
    client.post(FORGOT, {"email": cast.ann.email})
    with time_machine.travel(clock.now() + timedelta(minutes=61)):
        assert mailbox.sent(cast.ann.email) == []


def test_a_mail_that_is_tried_again_carries_the_same_link(
    app: Flask, cast: Cast, client: Visitor, mailbox: Mailbox
):
    from portal.services.delivery import outbox
    from portal.services.people import forgotten_password

    client.post(FORGOT, {"email": cast.ann.email})
    with factories.writing(app):
        row = db.session.scalars(select(Outbox)).one()
        forgotten_password.prepare_mail(row.id)
        forgotten_password.prepare_mail(row.id)
        outbox.retry(row.id)
    mailbox.link(cast.ann.email, "reset")
    with app.app_context():
        assert len(list(db.session.scalars(select(UserToken)))) == 1


def test_what_is_no_address_is_said_so(client: Visitor):
    page = client.post(FORGOT, {"email": "nobody"}, status=422)
    assert "This is not an e-mail address." in page.words
