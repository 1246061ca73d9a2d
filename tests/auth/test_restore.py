"""The way back: the address that an account was moved away from takes it back."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from portal import clock
from portal.extensions import db
from portal.models.people import AccountEvent, Actor, Passkey, RecoveryCode, TokenPurpose, User
from portal.security.people import tokens
from portal.services.people import accounts, email_change, forgotten_password, second_factor, users
from portal.services.people.email_change import UNDO_FOR
from tests import factories, totp
from tests.cast import PASSWORD, Cast, password_hash
from tests.mail.outgoing import part
from tests.mailbox import Mailbox
from tests.page import Visitor

OLD, NEW = "ann@example.com", "mallory@example.com"
SECRET = "an unlikely sentence of mine"


def move(app: Flask, person: Actor, email: str = NEW) -> None:
    with factories.writing(app):
        user = db.session.get_one(User, person.id)
        email_change.ask(actor=factories.actor(user), user=user, email=email)
        asked = tokens.pending(user, TokenPurpose.CHANGE_EMAIL)
        assert asked is not None
        text = tokens.sign(TokenPurpose.CHANGE_EMAIL, asked)
        email_change.confirm(actor=user.actor, text=text)


def ann(app: Flask, cast: Cast) -> User:
    with app.app_context():
        return db.session.get_one(User, cast.ann.id)


@pytest.fixture
def link(app: Flask, cast: Cast, mailbox: Mailbox) -> str:
    """The way back of Ann, whose account somebody has moved."""
    move(app, cast.ann)
    return mailbox.link(OLD, "restore")


def test_the_old_address_takes_the_account_back(
    app: Flask,
    cast: Cast,
    client: Visitor,
    visit: Callable[[], Visitor],
    mailbox: Mailbox,
    link: str,
):
    mallory = visit().sign_in(cast.ann)
    mallory.get("/tickets/")
    assert OLD in client.get(link).words
    assert ann(app, cast).email == NEW, "programs that look through mail fetch links"
    assert client.post(link).location == "/auth/login"
    assert OLD in client.get("/auth/login").words
    assert (ann(app, cast).email, ann(app, cast).password_hash) == (OLD, None)
    mallory.get("/tickets/", 303)
    for email in (OLD, NEW):
        mallory.post("/auth/login", {"email": email, "password": PASSWORD}, 422)
    client.post(mailbox.link(OLD, "reset"), {"password": SECRET})
    client.post("/auth/login", {"email": OLD, "password": SECRET})
    client.get("/tickets/")
    restored = "Your account has its former address again"
    assert restored in mailbox.subjects(OLD) and restored in mailbox.subjects(NEW)
    assert mailbox.links(NEW, "reset") == mailbox.links(NEW, "restore") == []
    told = {
        to: part(next(m for m in mailbox.sent(to) if m["Subject"] == restored)) for to in (OLD, NEW)
    }
    assert "127.0.0.1" in told[OLD]
    assert "127.0.0.1" not in told[NEW], "whoever took it over need not know where the owner sits"
    assert "your password stays as it is" not in part(mailbox.sent(OLD)[-1])


def test_it_is_written_down(app: Flask, cast: Cast, client: Visitor, link: str):
    client.post(link)
    with app.app_context():
        event = db.session.scalars(
            select(AccountEvent).where(AccountEvent.kind == "email_restored")
        ).one()
        assert (event.user_id, event.actor_id) == (cast.ann.id, None)
        assert event.data == {"from": NEW, "to": OLD}


@pytest.mark.threat("mailed links")
def test_it_works_for_seven_days_and_once(client: Visitor, link: str):
    with time_machine.travel(clock.now() + UNDO_FOR + timedelta(seconds=1)):
        client.get(link, 410)
        client.post(link, status=410)
    with time_machine.travel(clock.now() + UNDO_FOR - timedelta(minutes=1)):
        client.get(link)
    client.post(link)
    client.get(link, 410)
    client.post(link, status=410)


@pytest.mark.threat("mailed links")
def test_nothing_that_was_done_since_takes_the_way_back_away(
    app: Flask, cast: Cast, client: Visitor, mailbox: Mailbox, link: str
):
    """Whoever took the account over may sign in, choose a password, and move it once more."""
    with factories.writing(app):
        user = db.session.get_one(User, cast.ann.id)
        accounts.record_sign_in(user=user, renewed_hash=None)
        forgotten_password.send(user)
        reset = tokens.pending(user, TokenPurpose.RESET)
        assert reset is not None
        text = tokens.sign(TokenPurpose.RESET, reset)
        forgotten_password.reset(text=text, password_hash=password_hash())
    move(app, cast.ann, "mallory@elsewhere.example.com")
    theirs = mailbox.link(NEW, "restore")
    client.post(link)
    assert ann(app, cast).email == OLD
    client.post(theirs, status=410)


@pytest.mark.threat("mailed links")
def test_who_moves_back_by_themselves_leaves_no_way_back_behind(
    app: Flask, cast: Cast, client: Visitor, mailbox: Mailbox, link: str
):
    move(app, cast.ann, OLD)
    assert mailbox.links(NEW, "restore") == []
    client.post(link)  # still ends what somebody else may have left
    assert (ann(app, cast).email, ann(app, cast).password_hash) == (OLD, None)


@pytest.mark.threat("mailed links")
def test_who_is_disabled_is_not_let_in_by_it(app: Flask, cast: Cast, client: Visitor, link: str):
    for active in (False, True):
        with factories.writing(app):
            user = db.session.get_one(User, cast.ann.id)
            users.set_active(actor=cast.ada, user=user, active=active)
        client.post(link, status=410)


@pytest.mark.threat("rights kept or taken")
def test_factors_that_came_since_go_and_older_ones_stay(
    app: Flask, cast: Cast, client: Visitor, mailbox: Mailbox
):
    """Else whoever took it over would keep a way in, or the owner's mailbox alone would open it."""
    with factories.writing(app):
        db.session.add(_passkey(cast.ann, "older"))
    totp.set_up(app, cast.ann)
    with time_machine.travel(clock.now() + timedelta(minutes=5)):
        move(app, cast.ann)
        with factories.writing(app):
            db.session.add(_passkey(cast.ann, "newer"))
        client.post(mailbox.link(OLD, "restore"))
    with app.app_context():
        assert list(db.session.scalars(select(Passkey.name))) == ["older"]
        assert db.session.get_one(User, cast.ann.id).totp_counter is not None
        assert list(db.session.scalars(select(RecoveryCode.id))) != []


@pytest.mark.threat("rights kept or taken")
def test_an_app_that_was_added_since_asks_for_no_code_any_more(
    app: Flask, cast: Cast, client: Visitor, mailbox: Mailbox
):
    move(app, cast.ann)
    with time_machine.travel(clock.now() + timedelta(minutes=5)):
        totp.set_up(app, cast.ann)
        client.post(mailbox.link(OLD, "restore"))
    with app.app_context():
        user = db.session.get_one(User, cast.ann.id)
        assert (user.totp_secret, user.totp_counter) == (None, None)
        assert list(db.session.scalars(select(RecoveryCode.id))) == []


@pytest.mark.threat("rights kept or taken")
def test_an_app_that_was_only_begun_is_not_the_owners(
    app: Flask, cast: Cast, client: Visitor, link: str
):
    with factories.writing(app):
        user = db.session.get_one(User, cast.ann.id)
        second_factor.begin_totp(actor=cast.ann, user=user)
    client.post(link)
    assert ann(app, cast).totp_secret is None


def _passkey(person: Actor, name: str) -> Passkey:
    return Passkey(user_id=person.id, name=name, credential_id=name, public_key="x")


def test_nobody_else_gets_the_address_while_it_may_take_the_account_back(
    app: Flask, cast: Cast, client: Visitor, mailbox: Mailbox, link: str
):
    client.post("/auth/register", {"email": OLD})
    client.post("/auth/forgot", {"email": OLD})
    assert mailbox.links(OLD, "verify") == mailbox.links(OLD, "reset") == []
    assert mailbox.links(OLD, "restore") == [link] * 3, (
        "who looks for the account finds the way back"
    )
    client.sign_in(cast.carl)
    client.post("/account/email", {"email": OLD, "password": PASSWORD})
    assert mailbox.links(OLD, "new-email") == []
    result = app.test_cli_runner().invoke(args=["create-user", OLD, "--password", SECRET])
    assert "has an account already" in result.output
    with time_machine.travel(clock.now() + UNDO_FOR + timedelta(minutes=1)):
        client.post("/auth/logout")
        client.post("/auth/register", {"email": OLD})
        assert len(mailbox.links(OLD, "verify")) == 1


def test_an_address_that_an_import_has_given_away_is_said_so(
    app: Flask, cast: Cast, client: Visitor, link: str
):
    with factories.writing(app):
        db.session.get_one(User, cast.carl.id).email = OLD
    assert "Another account has that address by now" in client.post(link, status=409).words
    assert ann(app, cast).email == NEW
    with factories.writing(app):
        db.session.get_one(User, cast.carl.id).email = "carl@example.com"
    client.post(link)


def test_what_is_not_exactly_our_link_is_none(app: Flask, cast: Cast, client: Visitor, link: str):
    path, _, text = link.rpartition("/")
    for wrong in (text.swapcase(), f"%20{text}", f"{text}=", text[:-1], "1", "."):
        client.get(f"{path}/{wrong}", status=410)
        client.post(f"{path}/{wrong}", status=410)
    for door in ("auth/reset", "auth/verify", "auth/invitations"):
        client.get(f"/{door}/{text}", status=410)
    token = {"X-CSRFToken": client.csrf_token()}
    assert client.http.put(link, headers=token).status_code == 405
    assert ann(app, cast).email == NEW


@pytest.mark.threat("guessing without end")
def test_trying_links_is_limited(client: Visitor):
    for _ in range(20):
        client.post("/auth/restore/guess", status=410)
    client.post("/auth/restore/guess", status=429)
