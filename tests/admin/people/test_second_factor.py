from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from portal import clock
from portal.extensions import db
from portal.models.people import Actor, Passkey, User
from portal.models.people.user import format_id
from portal.security.people.step_up import FRESH
from tests import factories
from tests.cast import PASSWORD, Cast
from tests.mailbox import Mailbox
from tests.page import Visitor
from tests.totp import set_up


def path(person: Actor) -> str:
    return f"/admin/users/{format_id(person.id)}/second-factor"


@pytest.fixture
def ada(visit: Callable[[], Visitor], cast: Cast) -> Visitor:
    return visit().sign_in(cast.ada)


def add_passkey(app: Flask, person: Actor) -> None:
    with factories.writing(app):
        name = person.email
        db.session.add(Passkey(user_id=person.id, name=name, credential_id=name, public_key=""))


def test_an_admin_takes_a_lost_one_away_and_the_password_alone_signs_in(
    ada: Visitor, visit: Callable[[], Visitor], app: Flask, cast: Cast, mailbox: Mailbox
):
    ann = visit().sign_in(cast.ann)
    set_up(app, cast.ann)
    add_passkey(app, cast.ann)
    person = ada.get("/admin/users?q=ann").one("li", id=f"person-{cast.ann.id}")
    page = ada.get(person.one("a", href=path(cast.ann))["href"])
    assert "Ann Archer" in page.words
    people = ada.follow(ada.post(page.one("form", action=path(cast.ann))["action"]))
    assert "signs in with the password alone" in people.words
    assert not people.all("a", href=path(cast.ann))
    ann.get("/account/", status=303)
    visit().sign_in(cast.ann).get("/account/")
    assert "Your second factor was taken away" in mailbox.subjects(cast.ann.email)
    assert "Second factor taken away" in ada.get("/admin/logs/actions?person=ann@example.com").words


def test_taking_away_what_is_not_there_changes_nothing(
    ada: Visitor, visit: Callable[[], Visitor], cast: Cast, mailbox: Mailbox
):
    ann = visit().sign_in(cast.ann)
    assert not ada.get(path(cast.ann)).all("form", action=path(cast.ann))
    assert "has no second factor" in ada.follow(ada.post(path(cast.ann))).words
    ann.get("/account/")
    assert not mailbox.sent(cast.ann.email)


def test_the_mail_does_not_say_where_the_admin_sat(
    ada: Visitor, app: Flask, cast: Cast, mailbox: Mailbox
):
    set_up(app, cast.ann)
    ada.post(path(cast.ann), headers={"User-Agent": "AdminBrowser/1"})
    [mail] = [m for m in mailbox.sent(cast.ann.email) if "taken away" in str(m["Subject"])]
    assert "127.0.0.1" not in mail.as_string()
    assert "AdminBrowser" not in mail.as_string()


def test_a_fresh_proof_is_asked_for(ada: Visitor, app: Flask, cast: Cast):
    set_up(app, cast.ann)
    with time_machine.travel(clock.now() + FRESH + timedelta(seconds=1), tick=False):
        page = ada.get(path(cast.ann), status=303)
        assert page.location.startswith("/account/confirm")
        ada.post(path(cast.ann))
        assert ada.get("/admin/users?q=ann").all("a", href=path(cast.ann))
        ada.post(page.location, {"password": PASSWORD, "next": path(cast.ann)})
        ada.get(path(cast.ann))
        ada.post(path(cast.ann))
        assert not ada.get("/admin/users?q=ann").all("a", href=path(cast.ann))


def test_nobody_takes_away_their_own(ada: Visitor, app: Flask, cast: Cast):
    add_passkey(app, cast.ada)
    assert not ada.get("/admin/users").all("a", href=path(cast.ada))
    ada.get(path(cast.ada), status=403)
    ada.post(path(cast.ada), status=403)
    assert ada.get("/account/security").all("li", id=True)


@pytest.mark.parametrize("method", ["get", "post"])
def test_it_is_for_admins_and_of_somebody(
    visit: Callable[[], Visitor], ada: Visitor, app: Flask, cast: Cast, method: str
):
    set_up(app, cast.ann)
    for visitor, status in ((visit().sign_in(cast.sam), 403), (visit().sign_in(cast.bob), 404)):
        getattr(visitor, method)(path(cast.ann), status=status)
    assert "/auth/login" in getattr(visit(), method)(path(cast.ann), status=303).location
    getattr(ada, method)("/admin/users/USR999999/second-factor", status=404)
    assert ada.get("/admin/users?q=ann").all("a", href=path(cast.ann))


@pytest.mark.parametrize("active", [False, True])
def test_a_mail_is_promised_of_who_gets_one(
    ada: Visitor, app: Flask, cast: Cast, mailbox: Mailbox, active: bool
):
    add_passkey(app, cast.ann)
    with factories.writing(app):
        db.session.get_one(User, cast.ann.id).is_active = active
    words = ada.get(path(cast.ann)).words
    assert ("told by mail" in words, "No mail goes out" in words) == (active, not active)
    ada.post(path(cast.ann))
    assert bool(mailbox.sent(cast.ann.email)) is active
