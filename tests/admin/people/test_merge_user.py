from collections.abc import Callable

import pytest
from flask import Flask

from portal.extensions import db
from portal.models.people import Actor, User
from portal.models.people.user import format_id
from tests import factories
from tests.cast import Cast
from tests.mailbox import Mailbox
from tests.page import Visitor


def path(person: Actor) -> str:
    return f"/admin/users/{format_id(person.id)}/merge"


@pytest.fixture
def ada(visit: Callable[[], Visitor], cast: Cast) -> Visitor:
    return visit().sign_in(cast.ada)


@pytest.fixture
def twin(app: Flask, cast: Cast) -> Actor:
    with factories.writing(app):
        return factories.actor(factories.user("carl.private@example.com", first_name="Carlos"))


def test_two_accounts_become_one_after_a_look_at_what_that_does(
    ada: Visitor,
    visit: Callable[[], Visitor],
    app: Flask,
    cast: Cast,
    twin: Actor,
    mailbox: Mailbox,
):
    ticket = factories.file_ticket(app, twin)
    other = visit().sign_in(twin)
    assert ada.get(ada.get(path(twin)).one("form", action=path(twin))["action"]).status == 200
    looked = ada.get(f"{path(twin)}?into=carl@example.com")
    assert "Tickets that move" in looked.words
    hidden = looked.one("input", name="into")["value"]
    kept = ada.follow(ada.post(path(twin), {"into": hidden}))
    assert "Both are one account now: Carl Cooper." in kept.words
    assert "Another account was merged into this one" in kept.words
    assert "Carl Cooper" in ada.get(f"/admin/users/{format_id(twin.id)}").words
    other.get("/tickets/", status=303)
    assert ticket.number in visit().sign_in(cast.carl).get("/tickets/").text
    for address in (twin.email, cast.carl.email):
        assert "Your two accounts are one now" in mailbox.subjects(address)


@pytest.mark.parametrize(
    ("into", "sentence"),
    [
        ("nobody@example.com", "no other account"),
        ("carl.private@example.com", "no other account"),
        ("USR999999", "no other account"),
        ("<b>", "no other account"),
    ],
)
def test_nobody_to_merge_into_is_said_at_the_field(
    ada: Visitor, app: Flask, twin: Actor, into: str, sentence: str
):
    for page in (
        ada.get(path(twin), 422, query_string={"into": into}),
        ada.post(path(twin), {"into": into}, 422),
    ):
        assert sentence in page.words
        assert page.one("input", name="into")["value"] == into
    with app.app_context():
        assert db.session.get_one(User, twin.id).is_active


def test_pressing_twice_merges_once(ada: Visitor, cast: Cast, twin: Actor):
    ada.post(path(twin), {"into": format_id(cast.carl.id)})
    assert "no other account" in ada.post(path(twin), {"into": format_id(cast.carl.id)}, 422).words


def test_colleagues_are_not_merged_away(ada: Visitor, cast: Cast):
    page = ada.post(path(cast.sam), {"into": format_id(cast.sue.id)}, 422)
    assert "People of the desk cannot be merged away" in page.words


def test_it_is_for_admins_and_of_somebody(
    ada: Visitor, visit: Callable[[], Visitor], cast: Cast, twin: Actor
):
    for visitor, status in ((visit().sign_in(cast.sam), 403), (visit().sign_in(cast.ann), 404)):
        visitor.get(path(twin), status=status)
        visitor.post(path(twin), {"into": format_id(cast.carl.id)}, status=status)
    assert "/auth/login" in visit().get(path(twin), status=303).location
    ada.get("/admin/users/USR999999/merge", status=404)
