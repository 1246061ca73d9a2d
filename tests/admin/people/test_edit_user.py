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

FIELDS = {"first_name": "Robert", "last_name": "Baker", "phone": "", "locale": "ru"}


def path(person: Actor, verb: str) -> str:
    return f"/admin/users/{format_id(person.id)}/{verb}"


@pytest.fixture
def ada(visit: Callable[[], Visitor], cast: Cast) -> Visitor:
    return visit().sign_in(cast.ada)


def user(app: Flask, person: Actor) -> User:
    with app.app_context():
        return db.session.get_one(User, person.id)


def test_name_language_zone_and_phone_are_saved(ada: Visitor, app: Flask, cast: Cast):
    more = {"phone": "+7 912 345-67-89", "timezone": "Europe/Moscow"}
    page = ada.follow(ada.post(path(cast.bob, "edit"), FIELDS | more))
    assert "The details of Robert Baker are saved." in page.words
    bob = user(app, cast.bob)
    assert (bob.first_name, bob.locale, bob.timezone) == ("Robert", "ru", "Europe/Moscow")
    assert bob.phone == "+79123456789"
    assert "Ada Adams" in page.one("td", class_="who").text


def test_what_was_typed_stays_when_it_is_refused(ada: Visitor, app: Flask, cast: Cast):
    page = ada.post(path(cast.bob, "edit"), FIELDS | {"phone": "12"}, 422)
    assert page.one("input", name="first_name")["value"] == "Robert"
    assert page.one("input", name="phone")["value"] == "12"
    assert user(app, cast.bob).first_name == "Bob"


def test_another_address_waits_for_its_owner(
    ada: Visitor, visit: Callable[[], Visitor], app: Flask, cast: Cast, mailbox: Mailbox
):
    ada.post(path(cast.bob, "email"), {"email": "robert@example.com"})
    assert user(app, cast.bob).email == "bob@example.com"
    [told] = mailbox.sent(cast.bob.email)
    assert "administrator" in told.as_string()
    link = mailbox.link("robert@example.com", "new-email")
    ada.post(link, status=403)
    visit().sign_in(cast.bob).post(link)
    assert user(app, cast.bob).email == "robert@example.com"


def test_the_address_of_an_account_that_nobody_has_used_holds_at_once(
    ada: Visitor, app: Flask, cast: Cast, mailbox: Mailbox
):
    with factories.writing(app):
        contact = factories.actor(factories.user("tpyo@example.com", is_verified=False))
    ada.get(path(contact, "email"))
    page = ada.follow(ada.post(path(contact, "email"), {"email": "typo@example.com"}))
    assert "typo@example.com" in page.words
    found = user(app, contact)
    assert (found.email, found.is_verified) == ("typo@example.com", False)
    assert not mailbox.sent("typo@example.com")


@pytest.mark.parametrize(
    ("email", "sentence"),
    [
        ("tpyo@example.com", "This is the address that you have."),
        ("ann@example.com", "There is an account with this address."),
        ("nobody", "This is not an e-mail address."),
    ],
)
def test_an_address_that_cannot_be_is_refused_at_its_field(
    ada: Visitor, app: Flask, cast: Cast, email: str, sentence: str
):
    with factories.writing(app):
        contact = factories.actor(factories.user("tpyo@example.com", is_verified=False))
    page = ada.post(path(contact, "email"), {"email": email}, 422)
    assert sentence in page.words
    assert user(app, contact).email == "tpyo@example.com"
