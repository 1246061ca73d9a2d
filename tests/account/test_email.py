"""Moving the account to another address: by the new one's link, in the account itself."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from portal import clock
from portal.extensions import db
from portal.models.delivery import Outbox
from portal.models.people import AccountEvent, Actor, TokenPurpose, User
from portal.security.people import tokens
from portal.services.people import email_change, users
from tests import factories
from tests.cast import PASSWORD, Cast
from tests.mailbox import Mailbox
from tests.page import Visitor
from tests.registration import open_account
from tests.statements import statements

NEW = "ann@new.example.com"
DORA = "dora@example.com"
PROFILE = "/account/"


def ask_to_move(app: Flask, user_id: int, email: str = NEW) -> None:
    with factories.writing(app):
        user = db.session.get_one(User, user_id)
        email_change.ask(actor=factories.actor(user), user=user, email=email)


def address_of(app: Flask, person: Actor) -> str:
    with app.app_context():
        return db.session.get_one(User, person.id).email


@pytest.fixture
def link(app: Flask, cast: Cast, mailbox: Mailbox) -> str:
    """The link that Ann's new address was mailed."""
    ask_to_move(app, cast.ann.id)
    return mailbox.link(NEW, "new-email")


def test_the_account_moves_when_the_link_is_used_in_it(
    app: Flask, cast: Cast, client: Visitor, mailbox: Mailbox, link: str
):
    client.enter(cast.ann)
    assert NEW in client.get(link).words
    assert address_of(app, cast.ann) == "ann@example.com", "looking moves nothing"
    assert client.post(link).location == PROFILE
    assert NEW in client.get(PROFILE).words
    client.get(link, status=410)
    client.post(link, status=410)
    client.post("/auth/logout")
    client.post("/auth/login", {"email": "ann@example.com", "password": PASSWORD}, 422)
    client.post("/auth/login", {"email": NEW, "password": PASSWORD})
    assert mailbox.subjects("ann@example.com") == [
        "Your address is about to change",
        "Your address was changed",
    ]
    assert mailbox.subjects(NEW)[-1] == "Your address was changed"


@pytest.mark.threat("mailed links")
def test_a_stranger_who_holds_the_link_is_asked_to_sign_in(
    app: Flask, cast: Cast, client: Visitor, link: str
):
    """The address may have been mistyped, and be somebody else's."""
    for page in (client.get(link, 303), client.post(link)):
        assert page.location.startswith("/auth/login")
    assert address_of(app, cast.ann) == "ann@example.com"


def test_whoever_signs_in_is_led_back_to_the_link(
    app: Flask, cast: Cast, visit: Callable[[], Visitor], link: str
):
    phone = visit()
    form = phone.follow(phone.get(link, 303))
    fields = {"email": cast.ann.email, "password": PASSWORD}
    fields["next"] = form.all("input", name="next")[0]["value"]
    page = phone.post("/auth/login", fields)
    assert page.location == link
    phone.post(link)
    assert address_of(app, cast.ann) == NEW


@pytest.mark.threat("mailed links")
def test_another_account_moves_nothing_and_learns_nothing(
    app: Flask, cast: Cast, client: Visitor, link: str
):
    client.sign_in(cast.carl)
    page = client.get(link)
    assert "The link is for another account" in page.words
    assert cast.ann.email not in page.text
    client.post(link, status=403)
    assert address_of(app, cast.ann) == "ann@example.com"
    assert address_of(app, cast.carl) == "carl@example.com"


@pytest.mark.threat("mailed links")
def test_the_link_works_for_an_hour(client: Visitor, cast: Cast, link: str):
    client.sign_in(cast.ann)
    with time_machine.travel(clock.now() + timedelta(minutes=61)):
        client.get(link, status=410)
        client.post(link, status=410)


def test_what_is_not_exactly_our_link_is_none(client: Visitor, cast: Cast, link: str):
    client.sign_in(cast.ann)
    path, _, text = link.rpartition("/")
    for wrong in (text.swapcase(), f"%20{text}", f"{text}=", text[:-1], "1", "."):
        client.get(f"{path}/{wrong}", status=410)
        client.post(f"{path}/{wrong}", status=410)
    token = {"X-CSRFToken": client.csrf_token()}
    assert client.http.put(link, headers=token).status_code == 405


def test_trying_links_is_limited(client: Visitor, cast: Cast):
    client.sign_in(cast.ann)
    for _ in range(20):
        client.post("/account/new-email/guess", status=410)
    client.post("/account/new-email/guess", status=429)


def test_moving_ends_the_links_that_went_to_the_old_address(
    app: Flask, cast: Cast, client: Visitor, mailbox: Mailbox
):
    client.sign_in(cast.ann)
    client.post("/auth/forgot", {"email": cast.ann.email})
    reset = mailbox.link(cast.ann.email, "reset")
    ask_to_move(app, cast.ann.id)
    client.post(mailbox.link(NEW, "new-email"))
    client.get(reset, status=410)


def test_an_address_that_is_taken_meanwhile_stays_where_it_is(
    app: Flask, cast: Cast, client: Visitor, visit: Callable[[], Visitor], mailbox: Mailbox
):
    client.sign_in(cast.ann)
    ask_to_move(app, cast.ann.id, DORA)
    link = mailbox.link(DORA, "new-email")
    open_account(visit(), mailbox, DORA)
    client.post(link, status=410)
    assert address_of(app, cast.ann) == "ann@example.com"


@pytest.mark.threat("telling who exists")
def test_asking_for_a_taken_address_is_the_same_work(app: Flask, cast: Cast, client: Visitor):
    client.sign_in(cast.ann)
    seen = []
    for email in (NEW, cast.carl.email):
        fields = {"email": email, "password": PASSWORD, "csrf_token": client.csrf_token()}
        with statements(app) as work:
            page = client.post("/account/email", fields)
        seen.append((page.location, client.get(PROFILE).words.replace(email, "…"), list(work)))
    assert seen[0] == seen[1]


def test_who_has_the_address_is_told_instead(app: Flask, cast: Cast, mailbox: Mailbox):
    ask_to_move(app, cast.ann.id, cast.carl.email)
    assert mailbox.subjects(cast.carl.email) == ["You already have an account"]
    assert mailbox.links(cast.carl.email, "new-email") == []


@pytest.mark.threat("mailed links")
def test_a_disabled_account_cannot_use_its_link(app: Flask, cast: Cast, client: Visitor, link: str):
    for active in (False, True):
        with factories.writing(app):
            user = db.session.get_one(User, cast.ann.id)
            users.set_active(actor=cast.ada, user=user, active=active)
    client.sign_in(cast.ann).post(link, status=410)


def test_a_mail_whose_link_is_dead_is_not_sent(app: Flask, cast: Cast, mailbox: Mailbox):
    ask_to_move(app, cast.ann.id)
    with factories.writing(app):
        tokens.end_all(db.session.get_one(User, cast.ann.id), TokenPurpose.CHANGE_EMAIL)
    assert mailbox.sent(NEW) == []


def test_the_log_says_who_moved_it(app: Flask, cast: Cast, client: Visitor, link: str):
    client.sign_in(cast.ann).post(link)
    with app.app_context():
        query = select(AccountEvent).where(AccountEvent.kind == "email_changed")
        event = db.session.scalars(query).one()
        assert (event.user_id, event.actor_id) == (cast.ann.id, cast.ann.id)
        assert event.data == {"from": "ann@example.com", "to": NEW}


def test_an_address_that_nobody_has_proven_gets_no_way_back(
    app: Flask, cast: Cast, client: Visitor, mailbox: Mailbox, link: str
):
    """On an open desk it may have been mistyped, and be a stranger's."""
    with factories.writing(app):
        db.session.get_one(User, cast.ann.id).is_verified = False
    client.sign_in(cast.ann).post(link)
    assert mailbox.links("ann@example.com", "restore") == []
    assert mailbox.subjects("ann@example.com")[-1] == "Your address was changed"
    with app.app_context():
        query = select(Outbox.data).where(Outbox.template == "account_notice")
        told = sorted(data["kind"] for data in db.session.scalars(query))
        assert told == ["email_change_asked", "email_changed", "email_changed"]
