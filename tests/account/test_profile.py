"""`/account/`: what can be said of oneself, and what is refused."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models.people import AccountEvent, Actor, User
from tests import factories
from tests.cast import Cast
from tests.page import Visitor


def row(app: Flask, person: Actor) -> User:
    with app.app_context():
        return db.session.get_one(User, person.id)


def test_what_is_saved_is_shown_again(client: Visitor, app: Flask, cast: Cast) -> None:
    client.sign_in(cast.ann)
    fields = {
        "first_name": "Анна",
        "last_name": "O'Archer",
        "username": "Ann.Archer",
        "phone": "8 (912) 345-67-89",
        "inn": "7707083893",
        "locale": "ru",
        "timezone": "Asia/Yekaterinburg",
    }
    client.post("/account/", {"locale": "ru"})
    page = client.follow(client.post("/account/", fields))
    assert page.one("html")["lang"] == "ru"
    shown = {node["name"]: node.get("value") for node in page.all("input", name=True)}
    assert shown["first_name"] == "Анна"
    assert shown["username"] == "ann.archer"
    assert shown["phone"] == "+79123456789"
    assert page.one("option", value="Asia/Yekaterinburg", selected=True).text == "Екатеринбург"
    assert row(app, cast.ann).inn == "7707083893"


def test_the_log_names_the_fields_and_not_what_stands_in_them(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    client.sign_in(cast.ann).post("/account/", {"phone": "+79123456789", "wanted": "reply"})
    with app.app_context():
        query = select(AccountEvent.data).where(AccountEvent.kind == "profile_changed")
        assert list(db.session.scalars(query)) == [{"fields": ["phone"]}]


def test_saving_what_is_there_already_changes_and_records_nothing(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    client.sign_in(cast.ann).post("/account/", {"first_name": "Ann", "wanted": "reply"})
    with app.app_context():
        query = select(AccountEvent.id).where(AccountEvent.kind == "profile_changed")
        assert not list(db.session.scalars(query))


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("first_name", "x" * 101, "too long"),
        ("username", "ab", "3 to 40"),
        ("username", "ann archer", "3 to 40"),
        ("username", "анна", "3 to 40"),
        ("username", "Admin", "cannot be had"),
        ("username", "USR000001", "cannot be had"),
        ("phone", "call me", "not a telephone number"),
        ("phone", "+7 000", "not a telephone number"),
        ("inn", "7707083894", "not an INN"),
        ("inn", "77070838931", "not an INN"),
        ("locale", "tlh", "one of the list"),
        ("timezone", "Europe/Atlantis", "one of the list"),
        ("timezone", "../../etc/passwd", "one of the list"),
    ],
)
def test_what_is_none_is_refused_beside_its_field(
    client: Visitor, app: Flask, cast: Cast, field: str, text: str, sentence: str
) -> None:
    client.sign_in(cast.ann)
    page = client.post("/account/", {"last_name": "Changed", field: text}, status=422)
    assert sentence in page.one(class_="field-error").text
    assert page.one("input", name="last_name")["value"] == "Changed"
    assert row(app, cast.ann).last_name == "Archer"


def test_a_username_belongs_to_one_person_whatever_its_case(
    client: Visitor, visit: Callable[[], Visitor], app: Flask, cast: Cast
) -> None:
    client.sign_in(cast.ann).post("/account/", {"username": "archer"})
    page = visit().sign_in(cast.bob).post("/account/", {"username": "ARCHER"}, status=422)
    assert "Somebody else has this name" in page.words
    client.post("/account/", {"username": "archer"})
    client.post("/account/", {"username": ""})
    assert row(app, cast.ann).username is None
    visit().sign_in(cast.bob).post("/account/", {"username": "archer"})


def test_a_signature_is_for_staff(client: Visitor, visit: Any, app: Flask, cast: Cast) -> None:
    client.sign_in(cast.sam).post("/account/", {"signature": "Sam\r\n*Lodge desk*"})
    assert row(app, cast.sam).signature == "Sam\n*Lodge desk*"
    ann = visit().sign_in(cast.ann)
    assert not ann.get("/account/").all("textarea")
    ann.post("/account/", {"signature": "Hello"})
    assert row(app, cast.ann).signature == ""


@pytest.mark.threat("fields nobody asked for")
def test_nothing_else_can_be_set(client: Visitor, app: Flask, cast: Cast) -> None:
    fields = {"role": "admin", "email": "x@example.com", "is_verified": "1", "epoch": "9"}
    client.sign_in(cast.ann).post("/account/", fields)
    ann = row(app, cast.ann)
    assert (ann.role, ann.email, ann.epoch) == ("customer", cast.ann.email, 0)


def test_a_zone_that_is_not_offered_is_kept(client: Visitor, app: Flask, cast: Cast) -> None:
    with factories.writing(app):
        db.session.get_one(User, cast.ann.id).timezone = "Etc/GMT+5"
    client.sign_in(cast.ann)
    chosen = client.get("/account/").one("select", name="timezone").one("option", selected=True)
    assert chosen["value"] == "Etc/GMT+5"
    client.post("/account/", {"timezone": "Etc/GMT+5"})


def test_strangers_sign_in_first_and_nothing_is_put(client: Visitor, cast: Cast) -> None:
    assert "/auth/login" in client.get("/account/", status=303).location
    assert "/auth/login" in client.post("/account/", {"first_name": "Eve"}).location
    client.sign_in(cast.ann)
    assert client.http.put("/account/").status_code in {400, 405}


def test_the_menu_leads_to_the_account(client: Visitor, cast: Cast) -> None:
    page = client.sign_in(cast.ann).get("/tickets/")
    assert page.one("a", href="/account/").text == "Account"
