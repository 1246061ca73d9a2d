from collections.abc import Callable

import pytest
from flask import Flask

from portal.extensions import db
from portal.models.people import Actor, User
from portal.models.people.user import format_id
from portal.queries.privacy import privacy_requests
from tests.cast import Cast
from tests.mailbox import Mailbox
from tests.page import Visitor


def path(person: Actor, verb: str = "") -> str:
    return f"/admin/users/{format_id(person.id)}/deletion{verb}"


@pytest.fixture
def ada(visit: Callable[[], Visitor], cast: Cast) -> Visitor:
    return visit().sign_in(cast.ada)


def waits(app: Flask, person: Actor) -> bool:
    with app.app_context():
        return privacy_requests.waiting_deletion(person.id) is not None


def test_a_deletion_waits_and_the_person_is_told_and_calls_it_off(
    ada: Visitor, visit: Callable[[], Visitor], app: Flask, cast: Cast, mailbox: Mailbox
):
    bob = visit().sign_in(cast.bob)
    ada.get(path(cast.bob))
    page = ada.follow(ada.post(path(cast.bob)))
    assert "will be deleted" in page.words
    assert "An administrator of the desk asked" in mailbox.sent(cast.bob.email)[0].as_string()
    assert "will be deleted" in bob.get("/tickets/").words
    bob.post("/account/privacy/deletion/undo")
    assert not waits(app, cast.bob)


def test_an_admin_calls_it_off(ada: Visitor, app: Flask, cast: Cast):
    ada.post(path(cast.bob))
    assert waits(app, cast.bob)
    page = ada.follow(ada.post(path(cast.bob, "/undo")))
    assert "stays" in page.words
    assert not waits(app, cast.bob)
    ada.post(path(cast.bob, "/undo"))


def test_asking_twice_is_asking_once(ada: Visitor, app: Flask, cast: Cast, mailbox: Mailbox):
    ada.post(path(cast.bob))
    ada.post(path(cast.bob))
    assert len(mailbox.sent(cast.bob.email)) == 1
    assert "will be deleted on" in ada.get(path(cast.bob)).words


def test_the_last_owner_and_oneself_are_not_deleted(ada: Visitor, app: Flask, cast: Cast):
    assert "last owner" in ada.post(path(cast.ann), status=409).words
    ada.get(path(cast.ada), status=403)
    ada.post(path(cast.ada), status=403)
    with app.app_context():
        assert db.session.get_one(User, cast.ada.id).is_active
