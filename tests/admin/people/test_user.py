from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from portal import clock
from portal.extensions import db
from portal.models.people import Actor, KeyScope, User
from portal.models.people.user import format_id
from portal.security.people.step_up import FRESH
from portal.services.people import api_keys
from tests import factories
from tests.cast import PASSWORD, Cast
from tests.databases import BOTH
from tests.mailbox import Mailbox
from tests.page import Visitor
from tests.totp import set_up

pytestmark = BOTH


def path(person: Actor, verb: str = "") -> str:
    return f"/admin/users/{format_id(person.id)}{verb}"


@pytest.fixture
def ada(visit: Callable[[], Visitor], cast: Cast) -> Visitor:
    return visit().sign_in(cast.ada)


def user(app: Flask, person: Actor) -> User:
    with app.app_context():
        return db.session.get_one(User, person.id)


def add_key(app: Flask, person: Actor) -> int:
    with factories.writing(app):
        row = db.session.get_one(User, person.id)
        key, _text = api_keys.create(
            actor=person, user=row, name="Robot", scope=KeyScope.READ, days=30
        )
        db.session.flush()
        return key.id


def test_the_page_says_who_it_is_and_what_opens_the_account(
    ada: Visitor, visit: Callable[[], Visitor], app: Flask, cast: Cast
):
    factories.file_ticket(app, cast.bob)
    add_key(app, cast.bob)
    visit().post("/auth/login", {"email": cast.bob.email, "password": PASSWORD})
    words = ada.get(path(cast.bob)).words
    for said in ("Bob Baker", "bob@example.com", "Acme", "Robot", "Signed in", "API key made"):
        assert said in words, said


def test_each_ticket_number_leads_to_the_queue(ada: Visitor, app: Flask, cast: Cast):
    factories.file_ticket(app, cast.bob)
    page = ada.get(path(cast.bob))
    [unsolved] = [link for link in page.all("a", href=True) if link.text == "Unsolved"]
    assert "No hot water" in ada.get(unsolved["href"]).words


def test_the_own_page_has_no_verbs_that_would_shut_oneself_out(ada: Visitor, cast: Cast):
    page = ada.get(path(cast.ada))
    assert "This is you" in page.words
    assert not [f for f in page.all("form") if (f.get("action") or "").startswith(path(cast.ada))]


def test_somebody_is_signed_out_everywhere(
    ada: Visitor, visit: Callable[[], Visitor], cast: Cast, mailbox: Mailbox
):
    bob = visit().sign_in(cast.bob)
    page = ada.follow(ada.post(path(cast.bob, "/sessions/end")))
    assert "1 device is signed out." in page.words
    bob.get("/tickets/", status=303)
    assert "You were signed out everywhere" in mailbox.subjects(cast.bob.email)


def test_a_second_factor_is_asked_for_at_the_next_request(
    ada: Visitor, visit: Callable[[], Visitor], app: Flask, cast: Cast
):
    bob = visit().sign_in(cast.bob)
    ada.post(path(cast.bob, "/second-factor/required"), {"required": "1"})
    assert bob.get("/tickets/", status=303).location == "/account/security"
    assert "needs a second factor" in bob.get("/account/security").words
    set_up(app, cast.bob)
    bob.get("/tickets/")
    ada.post(path(cast.bob, "/second-factor/required"), {"required": "0"})
    assert not user(app, cast.bob).second_factor_required


def test_a_reset_goes_to_the_account_and_the_admin_sees_no_link(
    ada: Visitor, cast: Cast, mailbox: Mailbox
):
    page = ada.follow(ada.post(path(cast.bob, "/reset")))
    assert "on its way to bob@example.com" in page.words
    link = mailbox.link(cast.bob.email, "reset")
    assert link not in page.text
    assert not mailbox.sent(cast.ada.email)


def test_a_key_is_revoked(ada: Visitor, app: Flask, cast: Cast, mailbox: Mailbox):
    key_id = add_key(app, cast.bob)
    page = ada.follow(ada.post(path(cast.bob, f"/keys/{key_id}/revoke")))
    assert "The key “Robot” is revoked." in page.words
    assert not page.all("li", id=f"key-{key_id}")
    assert "An API key was revoked" in mailbox.subjects(cast.bob.email)
    ada.post(path(cast.ann, f"/keys/{key_id}/revoke"), status=404)


@pytest.mark.threat("rules in the browser alone")
@pytest.mark.parametrize(
    "verb", ["/sessions/end", "/reset", "/second-factor/required", "/deletion", "/email"]
)
def test_a_fresh_proof_is_asked_for(ada: Visitor, cast: Cast, mailbox: Mailbox, verb: str):
    # With a text the form is shown for copying, or it would be lost.
    fields, status = {
        "/second-factor/required": ({"required": "1"}, 303),
        "/email": ({"email": "new@example.com"}, 403),
    }.get(verb, ({}, 303))
    with time_machine.travel(clock.now() + FRESH + timedelta(seconds=1), tick=False):
        page = ada.post(path(cast.bob, verb), fields, status)
        assert "confirm" in page.location or "Nothing was changed yet" in page.words
        assert not mailbox.sent(cast.bob.email)
        ada.post("/account/confirm", {"password": PASSWORD})
        ada.post(path(cast.bob, verb), fields)


VERBS = [
    ("get", ""),
    ("get", "/edit"),
    ("post", "/edit"),
    ("get", "/email"),
    ("post", "/email"),
    ("post", "/sessions/end"),
    ("post", "/reset"),
    ("post", "/second-factor/required"),
    ("get", "/deletion"),
    ("post", "/deletion"),
    ("post", "/deletion/undo"),
]


@pytest.mark.parametrize(("method", "verb"), VERBS)
def test_it_is_for_admins_and_of_somebody(
    ada: Visitor, visit: Callable[[], Visitor], cast: Cast, method: str, verb: str
):
    for visitor, status in ((visit().sign_in(cast.sam), 403), (visit().sign_in(cast.ann), 404)):
        getattr(visitor, method)(path(cast.bob, verb), status=status)
    assert "/auth/login" in getattr(visit(), method)(path(cast.bob, verb), status=303).location
    fields = {"required": "1", "email": "new@example.com", "locale": "en"}
    more = {} if method == "get" else {"data": fields}
    gone = f"/admin/users/USR999999{verb}"
    assert getattr(ada, method)(gone, *more.values(), status=404).status == 404


def test_staff_have_no_way_to_it_on_the_customers_page(
    ada: Visitor, visit: Callable[[], Visitor], cast: Cast
):
    number = format_id(cast.bob.id)
    assert ada.get(f"/people/{number}").all("a", href=path(cast.bob))
    assert not visit().sign_in(cast.sam).get(f"/people/{number}").all("a", href=path(cast.bob))


@pytest.mark.threat("rights kept or taken")
def test_who_manages_people_manages_nobody_with_more_rights(
    visit: Callable[[], Visitor], app: Flask, cast: Cast
):
    with factories.writing(app):
        sam, sue = (db.session.get_one(User, person.id) for person in (cast.sam, cast.sue))
        sam.granted_rights = sam.rights = "people"
        sue.granted_rights = sue.rights = "settings"
    visitor = visit().sign_in(cast.sam)
    visitor.get(path(cast.bob))
    visitor.get(path(cast.sam))
    for person in (cast.ada, cast.sue):
        visitor.get(path(person), status=403)
        visitor.post(path(person, "/sessions/end"), status=403)
        visitor.post(path(person, "/reset"), status=403)
    visitor.post(
        "/admin/users/new", {"email": "n@example.com", "role": "admin", "locale": "en"}, 422
    )
    visitor.post(path(cast.bob, "/sessions/end"))
