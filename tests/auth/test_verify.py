"""The link that proves a mailbox, and makes an account of what was typed."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from jobs.parts import expiry
from portal import clock
from portal.extensions import db
from portal.models.organizations import Organization
from portal.models.people import (
    AccountEvent,
    OrganizationRole,
    PendingRegistration,
    User,
    UserSession,
)
from portal.services.organizations import invitations
from portal.services.people.registration import Mode
from tests import factories
from tests.cast import PASSWORD, Cast
from tests.mailbox import Mailbox
from tests.page import Visitor
from tests.registration import ask, open_account

DORA = "dora@example.com"
NAMES = {"first_name": "Dora", "last_name": "Dean"}
SECRET = "an unlikely sentence of mine"


def count(app: Flask, model: type) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


@pytest.fixture
def link(client: Visitor, mailbox: Mailbox) -> str:
    """The link that Dora was mailed, whose names have been typed."""
    ask(client, DORA, **NAMES)
    return mailbox.link(DORA, "verify")


def test_the_link_opens_the_account_and_signs_in(app: Flask, client: Visitor, link: str):
    page = client.get(link)
    assert DORA in page.words
    assert "Dora Dean" in page.words
    assert count(app, User) == 0, "programs that look through mail fetch links"
    assert client.post(link, {"password": SECRET}).location == "/"
    assert "Your account is open" in client.get("/tickets/").words
    with app.app_context():
        dora = db.session.scalars(select(User)).one()
        home = db.session.get_one(Organization, dora.organization_id)
        assert (dora.email, dora.name, dora.role) == (DORA, "Dora Dean", "customer")
        assert (dora.is_verified, dora.organization_role) == (True, OrganizationRole.OWNER)
        assert (home.name, home.personal) == ("Dora Dean", True)
        log = db.session.scalars(select(AccountEvent.kind).order_by(AccountEvent.id))
        assert list(log) == ["registered", "signed_in"]
    assert count(app, PendingRegistration) == 0
    client.post("/auth/logout")
    client.post("/auth/login", {"email": DORA, "password": SECRET})


def test_a_company_gets_its_first_owner(app: Flask, client: Visitor, mailbox: Mailbox):
    open_account(client, mailbox, DORA, company_name="Dora & Sons")
    with app.app_context():
        dora = db.session.scalars(select(User)).one()
        home = db.session.get_one(Organization, dora.organization_id)
        assert (home.name, home.personal, dora.organization_role) == ("Dora & Sons", False, "owner")


def test_another_browser_may_finish(app: Flask, visit: Callable[[], Visitor], link: str):
    phone = visit()
    phone.get(link)
    phone.post(link, {"password": SECRET})
    phone.get("/tickets/")


@pytest.mark.threat("sessions known beforehand")
def test_who_was_signed_in_here_is_signed_out(
    app: Flask, cast: Cast, client: Visitor, visit: Callable[[], Visitor], link: str
):
    browser = visit().sign_in(cast.ann)
    before = browser.cookie()
    browser.post(link, {"password": SECRET})
    assert browser.get("/account/").one("input", name="first_name")["value"] == "Dora"
    with app.app_context():
        ids = set(db.session.scalars(select(UserSession.user_id)))
        assert cast.ann.id not in ids
    browser.set_cookie(before)
    browser.get("/tickets/", 303)


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("short", "Use at least 8 characters."),
        ("x" * 201, "Use at most 200 characters."),
        ("dora@example.com", "This is easy to guess."),
    ],
)
def test_a_bad_password_is_refused_and_the_link_still_works(
    app: Flask, client: Visitor, link: str, password: str, sentence: str
):
    page = client.post(link, {"password": password}, 422)
    assert sentence in page.words
    assert DORA in page.words
    assert page.one("input", name="password").get("value") is None
    assert count(app, User) == 0
    client.post(link, {"password": SECRET})


@pytest.mark.threat("mailed links")
def test_the_link_serves_once_and_an_hour(app: Flask, client: Visitor, link: str):
    with time_machine.travel(clock.now() + timedelta(minutes=61)):
        client.get(link, 410)
        client.post(link, {"password": SECRET}, 410)
    client.post(link, {"password": SECRET})
    client.get(link, 410)
    client.post(link, {"password": "another long sentence"}, 410)
    assert count(app, User) == 1


@pytest.mark.threat("mailed links")
def test_a_newer_request_ends_the_older_link(client: Visitor, mailbox: Mailbox, link: str):
    ask(client, DORA, first_name="Dorothea")
    client.get(link, 410)
    client.post(link, {"password": SECRET}, 410)
    newest = mailbox.link(DORA, "verify")
    assert "Dorothea" in client.get(newest).words
    client.post(newest, {"password": SECRET})


@pytest.mark.threat("mailed links")
def test_what_is_not_exactly_our_link_is_none(app: Flask, client: Visitor, link: str):
    path, _, text = link.rpartition("/")
    client.get(f"{path}/", status=404)
    for wrong in (text.swapcase(), f"%20{text}", f"{text}%20", f"{text}=", text[:-1], "1", "."):
        client.get(f"{path}/{wrong}", status=410)
        client.post(f"{path}/{wrong}", {"password": SECRET}, status=410)
    assert count(app, User) == 0


@pytest.mark.threat("mailed links")
def test_the_link_opens_no_other_door(client: Visitor, link: str):
    text = link.rpartition("/")[2]
    for door in ("reset", "restore", "invitations"):
        client.get(f"/auth/{door}/{text}", status=410)
        client.post(f"/auth/{door}/{text}", {"password": SECRET}, status=410)


@pytest.mark.threat("rights kept or taken")
def test_who_types_a_strangers_address_gets_no_account_and_no_way_in(
    app: Flask, client: Visitor, visit: Callable[[], Visitor], mailbox: Mailbox
):
    """Whatever was typed, the password is chosen by who reads the mailbox."""
    mallory = visit()
    ask(mallory, DORA, first_name="Mallory", company_name="Mallory's", password=SECRET)
    mallory.post("/auth/login", {"email": DORA, "password": SECRET}, 422)
    mallory.get("/tickets/", 303)
    client.post(mailbox.link(DORA, "verify"), {"password": "a secret of the owner alone"})
    mallory.post("/auth/login", {"email": DORA, "password": SECRET}, 422)
    mallory.get("/tickets/", 303)


def test_an_invitation_that_was_quicker_leaves_one_account(
    app: Flask,
    cast: Cast,
    client: Visitor,
    visit: Callable[[], Visitor],
    mailbox: Mailbox,
    link: str,
):
    with factories.writing(app):
        invitations.invite(actor=cast.ann, email=DORA, role=OrganizationRole.USER)
    before = count(app, User)
    visit().post(mailbox.link(DORA, "invitations"), {"password": SECRET})
    client.get(link, 410)
    client.post(link, {"password": SECRET}, 410)
    assert count(app, User) == before + 1


def test_by_invitation_alone_no_link_opens_an_account(
    app: Flask, client: Visitor, link: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(app.config, "REGISTRATION", Mode.INVITED.value)
    assert "by invitation" in client.get(link, 403).words
    client.post(link, {"password": SECRET}, 403)
    assert count(app, User) == 0


def test_a_mail_whose_link_is_dead_is_not_sent(app: Flask, client: Visitor, mailbox: Mailbox):
    ask(client, DORA)
    with time_machine.travel(clock.now() + timedelta(minutes=61)):
        assert mailbox.sent(DORA) == []


def test_what_nobody_finished_is_swept_away(app: Flask, client: Visitor, link: str):
    with app.app_context():
        expiry.delete_expired_registrations()
    client.get(link)
    with time_machine.travel(clock.now() + timedelta(minutes=61)), app.app_context():
        expiry.delete_expired_registrations()
    assert count(app, PendingRegistration) == 0


def test_trying_links_is_limited(client: Visitor):
    for _ in range(20):
        client.post("/auth/verify/wrong", {"password": PASSWORD}, 410)
    client.post("/auth/verify/wrong", {"password": PASSWORD}, 429)


def test_accounts_made_by_the_operator_are_believed(app: Flask, cast: Cast):
    result = app.test_cli_runner().invoke(
        args=["create-user", "eve@example.com", "--password", "long enough"]
    )
    assert result.exit_code == 0
    with app.app_context():
        user = db.session.scalars(select(User).where(User.email == "eve@example.com")).one()
        assert user.is_verified
