from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from portal import clock
from portal.extensions import db
from portal.models import AccountEvent, TokenPurpose, User
from portal.security import tokens
from portal.services import email_change, users, verification
from tests import factories
from tests.cast import PASSWORD, Cast
from tests.page import Visitor
from tests.post import Post

DORA = "dora@example.com"
SECRET = "an unlikely sentence of mine"


@pytest.fixture
def dora(app: Flask, client: Visitor) -> int:
    """Dora's id; she has just registered."""
    client.post("/auth/register", {"email": DORA, "password": SECRET})
    with app.app_context():
        return db.session.scalars(select(User.id).where(User.email == DORA)).one()


def is_verified(app: Flask, user_id: int) -> bool:
    with app.app_context():
        return db.session.get_one(User, user_id).is_verified


def kinds(app: Flask, user_id: int) -> list[str]:
    with app.app_context():
        query = select(AccountEvent.kind).where(AccountEvent.user_id == user_id)
        return list(db.session.scalars(query.order_by(AccountEvent.id)))


def sign_in(visitor: Visitor, email: str = DORA, password: str = SECRET) -> Visitor:
    visitor.post("/auth/login", {"email": email, "password": password})
    return visitor


def test_the_button_behind_the_mailed_link_confirms_the_address(
    app: Flask, client: Visitor, dora: int, post: Post
):
    link = post.link(DORA, "verify")
    client.get(link)
    assert not is_verified(app, dora), "programs that look through mail fetch links"
    assert client.post(link).location == "/"
    assert is_verified(app, dora)
    assert kinds(app, dora) == ["registered", "verified"]


def test_an_unconfirmed_account_sees_why_and_can_have_the_link_again(
    app: Flask, client: Visitor, dora: int, post: Post
):
    first = post.link(DORA, "verify")
    page = sign_in(client).get("/tickets/")
    assert "Confirm your address" in page.words
    page = client.post("/account/verification", {"next": "/tickets/?status=open"})
    assert page.location == "/tickets/?status=open"
    second = post.link(DORA, "verify")
    client.get(first, status=410)
    client.post(second)
    assert "Confirm your address" not in client.get("/tickets/").words
    client.post("/account/verification")
    assert len(post.links(DORA, "verify")) == 2


def test_until_then_one_ticket_is_all(client: Visitor, dora: int, post: Post):
    sign_in(client)
    ticket = {"subject": "Hello", "message": "Is this the right place?", "priority": "low"}
    client.get("/tickets/new")
    client.post("/tickets/new", ticket)
    refused = client.post("/tickets/new", ticket, status=403)
    assert "Confirm your e-mail address first" in refused.words
    assert refused.one("input", id="subject")["value"] == ticket["subject"]
    assert refused.one("textarea", id="message").text == ticket["message"]
    client.get("/tickets/new", status=403)
    client.post("/tickets/REQ000001/comments", {"message": "More of it", "version": "1"})
    client.post(post.link(DORA, "verify"))
    client.post("/tickets/new", ticket)


def test_sending_again_is_limited(client: Visitor, dora: int):
    sign_in(client)
    for _ in range(5):
        client.post("/account/verification")
    client.post("/account/verification", status=429)


def test_a_stranger_cannot_have_it_sent(client: Visitor):
    assert "/auth/login" in client.post("/account/verification").location


@pytest.mark.threat("mailed links")
def test_the_link_serves_once_and_an_hour(client: Visitor, dora: int, post: Post):
    link = post.link(DORA, "verify")
    with time_machine.travel(clock.now() + timedelta(minutes=61)):
        client.get(link, status=410)
        client.post(link, status=410)
    client.post(link)
    client.get(link, status=410)
    client.post(link, status=410)


def test_what_is_not_exactly_our_link_is_none(app: Flask, client: Visitor, dora: int, post: Post):
    path, _, text = post.link(DORA, "verify").rpartition("/")
    client.get(f"{path}/", status=404)
    for wrong in (text.swapcase(), f"%20{text}", f"{text}%20", f"{text}=", text[:-1], "1", "."):
        client.get(f"{path}/{wrong}", status=410)
        client.post(f"{path}/{wrong}", status=410)
    assert not is_verified(app, dora)


@pytest.mark.threat("mailed links")
def test_a_link_of_one_purpose_opens_no_other_door(client: Visitor, dora: int, post: Post):
    text = post.link(DORA, "verify").rpartition("/")[2]
    for door in ("reset", "email"):
        client.get(f"/auth/{door}/{text}", status=410)
        client.post(f"/auth/{door}/{text}", {"password": SECRET}, status=410)


@pytest.mark.threat("mailed links")
def test_a_disabled_account_cannot_use_its_links(
    app: Flask, cast: Cast, client: Visitor, dora: int, post: Post
):
    link = post.link(DORA, "verify")
    with factories.writing(app):
        users.set_active(actor=cast.ada, user=db.session.get_one(User, dora), active=False)
    client.post(link, status=410)
    with factories.writing(app):
        users.set_active(actor=cast.ada, user=db.session.get_one(User, dora), active=True)
    client.post(link, status=410)
    assert kinds(app, dora)[-2:] == ["disabled", "enabled"]


def test_an_account_that_is_disabled_by_hand_is_no_way_in_either(
    app: Flask, client: Visitor, dora: int, post: Post
):
    link = post.link(DORA, "verify")
    with factories.writing(app):
        db.session.get_one(User, dora).is_active = False
    client.get(link, status=410)


def test_accounts_made_by_the_operator_are_believed(app: Flask, cast: Cast, client: Visitor):
    client.enter(cast.ann)
    assert "Confirm your address" not in client.get("/tickets/").words
    result = app.test_cli_runner().invoke(
        args=["create-user", "eve@example.com", "--password", "long enough"]
    )
    assert result.exit_code == 0
    with app.app_context():
        user = db.session.scalars(select(User).where(User.email == "eve@example.com")).one()
        assert user.is_verified


def ask_to_move(app: Flask, user_id: int, email: str) -> None:
    with factories.writing(app):
        email_change.ask(user=db.session.get_one(User, user_id), email=email)


def test_an_account_moves_when_the_new_address_says_so(
    app: Flask, cast: Cast, client: Visitor, post: Post
):
    ask_to_move(app, cast.ann.id, "ann@new.example.com")
    client.get("/auth/login")
    sign_in(client, cast.ann.email, PASSWORD)
    link = post.link("ann@new.example.com", "email")
    client.get(link)
    client.post(link)
    client.post("/auth/logout")
    sign_in(client, "ann@new.example.com", PASSWORD)
    assert post.subjects("ann@example.com") == [
        "Your address is about to change",
        "Your address was changed",
    ]
    assert post.subjects("ann@new.example.com")[-1] == "Your address was changed"
    client.post(link, status=410)


def test_moving_ends_every_other_link(app: Flask, cast: Cast, client: Visitor, post: Post):
    client.post("/auth/forgot", {"email": cast.ann.email})
    reset = post.link(cast.ann.email, "reset")
    ask_to_move(app, cast.ann.id, "ann@new.example.com")
    client.post(post.link("ann@new.example.com", "email"))
    client.get(reset, status=410)


def test_an_address_that_is_taken_meanwhile_stays_where_it_is(
    app: Flask, cast: Cast, client: Visitor, post: Post
):
    ask_to_move(app, cast.ann.id, DORA)
    link = post.link(DORA, "email")
    client.post("/auth/register", {"email": DORA, "password": SECRET})
    client.post(link, status=410)
    with app.app_context():
        assert db.session.get_one(User, cast.ann.id).email == "ann@example.com"


def test_a_mail_whose_link_is_dead_is_not_sent(app: Flask, cast: Cast, post: Post):
    with factories.writing(app):
        user = db.session.get_one(User, cast.ann.id)
        user.is_verified = False
        verification.ask(user)
        tokens.end_all(user, TokenPurpose.VERIFY)
    assert post.sent(cast.ann.email) == []
