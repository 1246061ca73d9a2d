"""A new password through a mailed link: V9, V10, V11 of it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from portal import clock
from portal.extensions import db
from portal.models.people import AccountEvent, User, UserSession
from portal.services.people import passwords, users
from tests import factories
from tests.cast import PASSWORD, Cast
from tests.mailbox import Mailbox
from tests.page import Visitor

NEW = {"password": "an unlikely sentence of mine"}
Ending = Callable[[Flask, Cast, Visitor], None]


@pytest.fixture
def link(cast: Cast, client: Visitor, mailbox: Mailbox) -> str:
    """A link for Ann that works."""
    client.post("/auth/forgot", {"email": cast.ann.email})
    return mailbox.link(cast.ann.email, "reset")


def sign_in_again(app: Flask, cast: Cast, visitor: Visitor) -> None:
    visitor.enter(cast.ann)


def change_password(app: Flask, cast: Cast, visitor: Visitor) -> None:
    with factories.writing(app):
        user = db.session.get_one(User, cast.ann.id)
        passwords.change(user=user, proven_hash=user.password_hash, password_hash="x")


def disable_and_enable(app: Flask, cast: Cast, visitor: Visitor) -> None:
    for active in (False, True):
        with factories.writing(app):
            user = db.session.get_one(User, cast.ann.id)
            users.set_active(actor=cast.ada, user=user, active=active)


def test_the_new_password_opens_the_account_and_the_old_one_does_not(
    cast: Cast, client: Visitor, link: str, mailbox: Mailbox
):
    page = client.get(link)
    assert cast.ann.email in page.words
    assert page.headers["Cache-Control"] == "no-store"
    assert client.post(link, NEW).location == "/auth/login"
    assert "Your password is set" in client.get("/auth/login").words
    client.post("/auth/login", {"email": cast.ann.email, "password": PASSWORD}, status=422)
    client.enter(cast.ann, NEW["password"])
    assert mailbox.subjects(cast.ann.email)[-1] == "You have a new password"


def test_a_link_signs_nobody_in(client: Visitor, link: str):
    client.post(link, NEW)
    client.get("/tickets/", status=303)


@pytest.mark.threat("sessions that outlive their end")
def test_every_session_and_kept_cookie_is_dead_afterwards(
    app: Flask, cast: Cast, visit: Callable[[], Visitor], client: Visitor, mailbox: Mailbox
):
    """V10."""
    devices = [visit(), visit()]
    devices[0].enter(cast.ann)
    devices[1].post("/auth/login", {"email": cast.ann.email, "password": PASSWORD, "remember": "1"})
    with app.app_context():
        epoch = db.session.get_one(User, cast.ann.id).epoch
    client.post("/auth/forgot", {"email": cast.ann.email})
    client.post(mailbox.link(cast.ann.email, "reset"), NEW)
    for device in devices:
        assert "/auth/login" in device.get("/tickets/", status=303).location
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(UserSession)) == 0
        # What carries no row, such as a token of the API, carries the epoch.
        assert db.session.get_one(User, cast.ann.id).epoch > epoch


@pytest.mark.threat("mailed links")
def test_the_link_serves_once(client: Visitor, link: str):
    """V9."""
    client.post(link, NEW)
    client.get(link, status=410)
    client.post(link, NEW, status=410)


@pytest.mark.threat("mailed links")
def test_the_link_serves_an_hour(client: Visitor, link: str):
    """V9."""
    with time_machine.travel(clock.now() + timedelta(minutes=61)):
        client.get(link, status=410)
        client.post(link, NEW, status=410)


@pytest.mark.threat("mailed links")
@pytest.mark.parametrize("ending", [sign_in_again, change_password, disable_and_enable])
def test_the_link_dies_with(
    app: Flask, cast: Cast, visit: Callable[[], Visitor], client: Visitor, link: str, ending: Ending
):
    """V9."""
    ending(app, cast, visit())
    client.post(link, NEW, status=410)


@pytest.mark.threat("mailed links")
def test_what_is_not_exactly_our_link_is_none(cast: Cast, client: Visitor, link: str):
    """V9."""
    path, _, text = link.rpartition("/")
    for wrong in (text.swapcase(), f"%20{text}", f"{text}%20", f"{text}.", text[1:], "null"):
        client.post(f"{path}/{wrong}", NEW, status=410)
    for door in ("verify", "restore"):
        client.post(f"/auth/{door}/{text}", NEW, status=410)
    client.post(f"{path}/", NEW, status=404)
    client.enter(cast.ann)


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("short", "Use at least 8 characters."),
        ("x" * 201, "Use at most 200 characters."),
        ("annarcher1", "This is easy to guess."),
        ("пароль123", "This is easy to guess."),
    ],
)
def test_a_poor_password_is_refused_and_the_link_stays(
    cast: Cast, client: Visitor, link: str, password: str, sentence: str
):
    page = client.post(link, {"password": password}, status=422)
    assert sentence in page.words
    assert password not in page.text
    client.post(link, NEW)


def test_whoever_reads_the_mail_has_confirmed_the_address(
    app: Flask, cast: Cast, client: Visitor, link: str
):
    with factories.writing(app):
        db.session.get_one(User, cast.ann.id).is_verified = False
    client.post(link, NEW)
    with app.app_context():
        assert db.session.get_one(User, cast.ann.id).is_verified
        query = select(AccountEvent.kind).order_by(AccountEvent.id)
        assert list(db.session.scalars(query)) == ["reset_asked", "verified", "password_reset"]


@pytest.mark.threat("guessing without end")
def test_trying_links_is_limited(client: Visitor):
    for _ in range(20):
        client.post("/auth/reset/guess", NEW, status=410)
    client.post("/auth/reset/guess", NEW, status=429)


def test_the_session_that_asked_gets_a_new_id_at_the_next_sign_in(
    cast: Cast, client: Visitor, link: str
):
    """V11."""
    before, token = client.cookie(), client.csrf_token()
    client.post(link, NEW)
    client.enter(cast.ann, NEW["password"])
    assert client.cookie() != before
    stale = client.http.post("/auth/logout", data={"csrf_token": token})
    assert stale.status_code == 400
