"""The link that moves an account to another address."""

import pytest
from flask import Flask

from portal.extensions import db
from portal.models import TokenPurpose, User
from portal.security import tokens
from portal.services import email_change, users
from tests import factories
from tests.cast import PASSWORD, Cast
from tests.page import Visitor
from tests.post import Post
from tests.registering import open_account

NEW = "ann@new.example.com"
DORA = "dora@example.com"


def ask_to_move(app: Flask, user_id: int, email: str = NEW) -> None:
    with factories.writing(app):
        user = db.session.get_one(User, user_id)
        email_change.ask(actor=factories.actor(user), user=user, email=email)


def test_an_account_moves_when_the_new_address_says_so(
    app: Flask, cast: Cast, client: Visitor, post: Post
):
    ask_to_move(app, cast.ann.id)
    client.enter(cast.ann)
    link = post.link(NEW, "email")
    client.get(link)
    client.post(link)
    client.post("/auth/logout")
    client.post("/auth/login", {"email": NEW, "password": PASSWORD})
    assert post.subjects("ann@example.com") == [
        "Your address is about to change",
        "Your address was changed",
    ]
    assert post.subjects(NEW)[-1] == "Your address was changed"
    client.post(link, status=410)


def test_moving_ends_every_other_link(app: Flask, cast: Cast, client: Visitor, post: Post):
    client.post("/auth/forgot", {"email": cast.ann.email})
    reset = post.link(cast.ann.email, "reset")
    ask_to_move(app, cast.ann.id)
    client.post(post.link(NEW, "email"))
    client.get(reset, status=410)


def test_an_address_that_is_taken_meanwhile_stays_where_it_is(
    app: Flask, cast: Cast, client: Visitor, post: Post
):
    ask_to_move(app, cast.ann.id, DORA)
    link = post.link(DORA, "email")
    open_account(client, post, DORA)
    client.post(link, status=410)
    with app.app_context():
        assert db.session.get_one(User, cast.ann.id).email == "ann@example.com"


@pytest.mark.threat("mailed links")
def test_a_disabled_account_cannot_use_its_links(
    app: Flask, cast: Cast, client: Visitor, post: Post
):
    ask_to_move(app, cast.ann.id)
    link = post.link(NEW, "email")
    for active in (False, True):
        with factories.writing(app):
            user = db.session.get_one(User, cast.ann.id)
            users.set_active(actor=cast.ada, user=user, active=active)
        client.post(link, status=410)


def test_an_account_that_is_disabled_by_hand_is_no_way_in_either(
    app: Flask, cast: Cast, client: Visitor, post: Post
):
    ask_to_move(app, cast.ann.id)
    link = post.link(NEW, "email")
    with factories.writing(app):
        db.session.get_one(User, cast.ann.id).is_active = False
    client.get(link, status=410)


def test_a_mail_whose_link_is_dead_is_not_sent(app: Flask, cast: Cast, post: Post):
    ask_to_move(app, cast.ann.id)
    with factories.writing(app):
        tokens.end_all(db.session.get_one(User, cast.ann.id), TokenPurpose.CHANGE_EMAIL)
    assert post.sent(NEW) == []
