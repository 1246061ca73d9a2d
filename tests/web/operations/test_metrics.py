"""`/metrics`: what it says, and to whom."""

import math
from datetime import timedelta

import pytest
from flask import Flask

from portal import clock
from portal.extensions import db
from portal.models.delivery import MailServer, Outbox
from portal.models.inbound import Mailbox, MailboxWay
from portal.models.people import Actor, KeyScope, User
from portal.models.webhooks import WebhookDelivery
from portal.security.people import api_keys
from portal.services.delivery.outbox import Mail, schedule_mails
from tests import factories
from tests.cast import Cast
from tests.conftest import MakeApp
from tests.databases import BOTH, Database
from tests.page import Page, Visitor
from tests.webhooks import create_webhook

PATH = "/metrics"
ELSEWHERE = {"REMOTE_ADDR": "203.0.113.9"}


def key(app: Flask, person: Actor) -> dict[str, str]:
    """The header of a new API key of `person`."""
    with factories.writing(app):
        user = db.session.get_one(User, person.id)
        _row, text = api_keys.issue(user, name="scraper", scope=KeyScope.READ, expires_at=None)
    return {"Authorization": f"Bearer {text}"}


def value(page: Page, name: str) -> float:
    """The figure of that name, with its labels as written."""
    [line] = [line for line in page.text.splitlines() if line.startswith(f"{name} ")]
    return float(line.rpartition(" ")[2])


def test_requests_are_counted_by_route_and_status(another_app: MakeApp, app: Flask) -> None:
    visitor = Visitor(another_app())
    visitor.get("/auth/login")
    visitor.get("/auth/login")
    visitor.get("/nobody-has-this/REQ000001", 404)
    visitor.http.open("/", method="BREW")
    page = visitor.get(PATH)
    assert page.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    login = 'method="GET",route="/auth/login",status="200"'
    assert value(page, f"lodge_http_requests_total{{{login}}}") == 2
    assert 'method="GET",route="-",status="404"} 1.0' in page.text
    assert 'method="other"' in page.text
    assert "BREW" not in page.text and "nobody-has-this" not in page.text
    assert value(page, 'lodge_http_request_seconds_bucket{le="+Inf",route="/auth/login"}') == 2


def test_wrong_passwords_are_counted(another_app: MakeApp, app: Flask) -> None:
    visitor = Visitor(another_app())
    visitor.post("/auth/login", {"email": "a@example.com", "password": "wrong"}, 422)
    visitor.post("/auth/login", {"email": "a@example.com"}, 422)
    asked = {"email": "a@example.com", "password": "wrong"}
    assert visitor.http.post("/api/v1/auth/login", json=asked).status_code == 401
    assert value(visitor.get(PATH), "lodge_wrong_sign_ins_total") == 2


@BOTH
def test_mail_queue_and_pool(app: Flask, client: Visitor, database: Database) -> None:
    with factories.writing(app):
        schedule_mails(Mail(template="already_registered", recipient="ann@example.com"))
        db.session.execute(db.update(Outbox).values(due_at=clock.now() - timedelta(minutes=9)))
    with app.app_context():
        engine = db.engine
    with engine.connect():
        page = client.get(PATH)
    assert value(page, "lodge_queue_depth") == 1
    assert value(page, "lodge_queue_workers") == 0
    assert value(page, "lodge_mail_pending") == 1
    assert value(page, "lodge_mail_parked") == 0
    assert 540 <= value(page, "lodge_outbox_lag_seconds") < 900
    assert value(page, "lodge_database_connections_in_use") == 1
    assert value(client.get(PATH), "lodge_database_connections_in_use") == 0
    limit = 10 + 32 if database.name == "sqlite" else 8
    assert value(page, "lodge_database_connections_limit") == limit


def test_a_mail_server_that_is_away(app: Flask, client: Visitor) -> None:
    page = client.get(PATH)
    assert value(page, "lodge_mail_server_away_seconds") == 0
    assert "lodge_mail_last_sent_age_seconds" not in page.text
    with factories.writing(app):
        schedule_mails(Mail(template="already_registered", recipient="ann@example.com"))
        db.session.add(
            MailServer(
                id=1,
                last_sent_at=clock.now() - timedelta(minutes=9),
                failing_since=clock.now() - timedelta(minutes=4),
                retry_at=clock.now(),
            )
        )
    page = client.get(PATH)
    assert 240 <= value(page, "lodge_mail_server_away_seconds") < 500
    assert 240 <= value(page, "lodge_mail_failing_seconds") < 500
    assert 540 <= value(page, "lodge_mail_last_sent_age_seconds") < 800
    assert value(page, "lodge_outbox_lag_seconds") == 0, "no worker is waited for"


@BOTH
def test_webhooks(app: Flask, cast: Cast, client: Visitor) -> None:
    create_webhook(app, cast.ann, "https://9.9.9.9/hook")
    factories.file_ticket(app, cast.ann)
    with factories.writing(app):
        moment = clock.now() - timedelta(minutes=9)
        db.session.execute(db.update(WebhookDelivery).values(due_at=moment))
    page = client.get(PATH)
    assert value(page, "lodge_webhook_pending") == 1
    assert value(page, "lodge_webhook_parked") == 0
    assert 540 <= value(page, "lodge_webhook_lag_seconds") < 900
    assert value(page, "lodge_webhooks_failed") == 0


def test_without_queue_server_it_says_so(another_app: MakeApp, app: Flask) -> None:
    page = Visitor(another_app(REDIS_URL="unix:///nowhere/queue.sock?db=0")).get(PATH)
    assert value(page, "lodge_queue_up") == 0
    assert "lodge_queue_depth" not in page.text


def test_without_a_database_it_says_so(another_app: MakeApp) -> None:
    app = another_app(DATABASE_URL="postgresql://127.0.0.1:1/nowhere")
    page = Visitor(app).get(PATH)
    assert value(page, "lodge_database_up") == 0
    assert value(page, "lodge_queue_up") == 1


def test_an_admin_s_key_opens_it_from_anywhere(app: Flask, cast: Cast, client: Visitor) -> None:
    headers = key(app, cast.ada)
    client.get(PATH, headers=headers, environ_overrides=ELSEWHERE)


@pytest.mark.parametrize("person", ["ann", "sam"])
def test_nobody_else_s_key_does(app: Flask, cast: Cast, client: Visitor, person: str) -> None:
    headers = key(app, getattr(cast, person))
    client.get(PATH, 404, headers=headers, environ_overrides=ELSEWHERE)


def test_strangers_and_the_pages_cookie_do_not(cast: Cast, client: Visitor) -> None:
    client.get(PATH, 404, environ_overrides=ELSEWHERE)
    for nonsense in ("Bearer x", "Bearer", "Basic abc", "Bearer lk_" + "a" * 51):
        headers = {"Authorization": nonsense}
        client.get(PATH, 404, headers=headers, environ_overrides=ELSEWHERE)
    client.sign_in(cast.ada).get(PATH, 404, environ_overrides=ELSEWHERE)


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Real-IP", "Forwarded"])
def test_a_proxy_on_this_machine_does_not_make_the_world_local(client: Visitor, name: str) -> None:
    client.get(PATH, 404, headers={name: "203.0.113.9"})
    client.get(PATH, 404, headers={name: "127.0.0.1"})


def test_behind_a_trusted_proxy_the_client_counts(another_app: MakeApp, app: Flask) -> None:
    visitor = Visitor(another_app(TRUSTED_PROXIES="1"))
    visitor.get(PATH, 404, headers={"X-Forwarded-For": "203.0.113.9"})
    visitor.get(PATH, 404, headers={"X-Forwarded-For": "127.0.0.1, 203.0.113.9"})
    visitor.get(PATH, headers={"X-Forwarded-For": "127.0.0.1"})


def test_mailboxes_and_mails_that_came_in(another_app: MakeApp, app: Flask) -> None:
    with factories.writing(app):
        long_ago = clock.now() - timedelta(minutes=20)
        columns = {"way": MailboxWay.IMAP, "failing_since": long_ago, "failure_reason": "tls"}
        db.session.add(Mailbox(address="a@example.com", **columns))
        db.session.add(Mailbox(address="b@example.com", last_mail_at=long_ago))
    page = Visitor(another_app()).get(PATH)
    assert value(page, 'lodge_mailbox_silent_seconds{mailbox="a@example.com"}') >= 1200
    assert value(page, 'lodge_mailbox_failing{mailbox="a@example.com",reason="tls"}') == 1
    assert value(page, 'lodge_mailbox_last_mail_age_seconds{mailbox="a@example.com"}') == math.inf
    assert value(page, 'lodge_mailbox_last_mail_age_seconds{mailbox="b@example.com"}') >= 1200
    assert 'lodge_mailbox_silent_seconds{mailbox="b@example.com"}' not in page.text
    assert value(page, 'lodge_inbound_mails{state="held"}') == 0
    assert value(page, "lodge_inbound_unread_seconds") == 0
