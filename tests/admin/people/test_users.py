from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from portal import clock
from portal.extensions import db
from portal.models.people import Actor, User
from portal.models.people.user import format_id
from portal.security.people.step_up import FRESH
from tests import factories
from tests.cast import PASSWORD, Cast
from tests.databases import BOTH
from tests.mailbox import Mailbox
from tests.page import Visitor

pytestmark = BOTH


def user(app: Flask, person: Actor) -> User:
    with app.app_context():
        return db.session.get_one(User, person.id)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"ann", "bob", "carl", "sam", "sue", "ada"}),
        ("?q=ANN", {"ann"}),
        ("?q=smith", {"sam"}),
        ("?q=example.com", {"ann", "bob", "carl", "sam", "sue", "ada"}),
        ("?role=staff", {"sam", "sue"}),
        ("?state=active", {"ann", "bob", "carl", "sam", "sue", "ada"}),
        ("?state=disabled", set()),
        ("?organization=ORG000001", {"ann", "bob"}),
        ("?organization=ORG000002&role=admin", {"ada"}),
        ("?organization=ORG999999", set()),
        ("?q=%25", set()),
        ("?q=_", set()),
    ],
)
def test_people_are_found_by_name_address_and_role(
    client: Visitor, cast: Cast, query: str, found: set[str]
):
    page = client.sign_in(cast.ada).get(f"/admin/users{query}")
    people = " ".join(row.text for row in page.all("li", id=True))
    assert {n for n in cast.__dataclass_fields__ if f"{n}@example.com" in people} == found


@pytest.mark.threat("rights kept or taken")
def test_people_are_found_by_names_of_any_alphabet(client: Visitor, app: Flask, cast: Cast):
    with factories.writing(app):
        db.session.get_one(User, cast.ann.id).last_name = "Щукина"
    assert "ann@example.com" in client.sign_in(cast.ada).get("/admin/users?q=щУк").words


def test_a_new_role_holds_at_the_next_request(visit: Callable[[], Visitor], app: Flask, cast: Cast):
    sam = visit().sign_in(cast.sam)
    visit().sign_in(cast.ada).post(
        f"/admin/users/{format_id(cast.sam.id)}/role", {"role": "customer"}
    )
    assert user(app, cast.sam).role == "customer"
    sam.get("/tickets/queue", status=303)


@pytest.mark.threat("rights kept or taken")
def test_a_disabled_account_is_out_at_the_next_request(
    visit: Callable[[], Visitor], app: Flask, cast: Cast
):
    ann, ada = visit().sign_in(cast.ann), visit().sign_in(cast.ada)
    ada.post(f"/admin/users/{format_id(cast.ann.id)}/active", {"active": "0"})
    ann.get("/tickets/", status=303)
    ada.post(f"/admin/users/{format_id(cast.ann.id)}/active", {"active": "1"})
    visit().sign_in(cast.ann).get("/tickets/")


@pytest.mark.threat("rules in the browser alone")
@pytest.mark.parametrize(
    ("what", "fields"), [("role", {"role": "admin"}), ("active", {"active": "0"})]
)
def test_a_fresh_proof_is_asked_for(
    client: Visitor, app: Flask, cast: Cast, what: str, fields: dict[str, str]
):
    client.sign_in(cast.ada)
    with time_machine.travel(clock.now() + FRESH + timedelta(seconds=1), tick=False):
        page = client.post(f"/admin/users/{format_id(cast.bob.id)}/{what}", fields)
        assert page.location.startswith("/account/confirm")
        assert (user(app, cast.bob).role, user(app, cast.bob).is_active) == ("customer", True)
        client.post(page.location, {"password": PASSWORD})
        client.post(f"/admin/users/{format_id(cast.bob.id)}/{what}", fields)
    assert (user(app, cast.bob).role, user(app, cast.bob).is_active) != ("customer", True)


def test_the_last_admin_is_told_why_not(client: Visitor, app: Flask, cast: Cast):
    client.sign_in(cast.ada)
    for what, fields in (("role", {"role": "staff"}), ("active", {"active": "0"})):
        page = client.post(f"/admin/users/{format_id(cast.ada.id)}/{what}", fields, status=409)
        assert "last active administrator" in page.words


@pytest.mark.parametrize("path", ["/admin/", "/admin/users"])
def test_admin_pages_are_for_admins(visit: Callable[[], Visitor], cast: Cast, path: str):
    visit().sign_in(cast.ada).get(path)
    visit().sign_in(cast.sam).get(path, status=403)
    visit().sign_in(cast.ann).get(path, status=404)
    assert "/auth/login" in visit().get(path, status=303).location


@pytest.mark.parametrize(
    ("what", "fields"), [("role", {"role": "admin"}), ("active", {"active": "0"})]
)
def test_nobody_else_changes_accounts(
    visit: Callable[[], Visitor], app: Flask, cast: Cast, what: str, fields: dict[str, str]
):
    path = f"/admin/users/{format_id(cast.bob.id)}/{what}"
    visit().sign_in(cast.sam).post(path, fields, status=403)
    visit().sign_in(cast.ann).post(path, fields, status=404)
    assert visit().post(path, fields).location == "/auth/login"
    visit().sign_in(cast.ada).get(path, status=405)
    assert (user(app, cast.bob).role, user(app, cast.bob).is_active) == ("customer", True)


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("USR000001/role", {"role": "king"}, 422),
        ("USR000001/role", {}, 422),
        ("USR000001/active", {"active": "maybe"}, 422),
        ("USR000001/second-factor/required", {"required": "2"}, 422),
        ("USR999999/role", {"role": "staff"}, 404),
        ("USR99999999999999999999/role", {"role": "staff"}, 404),
        ("USR0000001/role", {"role": "staff"}, 404),
        ("USR000000/role", {"role": "staff"}, 404),
        ("1/role", {"role": "staff"}, 404),
    ],
)
def test_malformed_changes_are_refused(
    client: Visitor, cast: Cast, path: str, fields: dict[str, str], status: int
):
    client.sign_in(cast.ada).post(f"/admin/users/{path}", fields, status=status)


@pytest.mark.parametrize("query", ["?role=king", "?state=lost", "?organization=Acme", "?cursor=x"])
def test_malformed_filters_are_refused(client: Visitor, cast: Cast, query: str):
    client.sign_in(cast.ada).get(f"/admin/users{query}", status=422)


def test_disabled_and_unused_accounts_are_found(client: Visitor, app: Flask, cast: Cast):
    with factories.writing(app):
        db.session.get_one(User, cast.bob.id).is_active = False
        db.session.get_one(User, cast.ada.id).last_sign_in_at = clock.now()
    client.sign_in(cast.ada)
    disabled = client.get("/admin/users?state=disabled")
    assert "bob@example.com" in disabled.words
    assert "ann@example.com" not in disabled.words
    unused = client.get("/admin/users?state=unused")
    assert "carl@example.com" in unused.words
    assert not unused.all("li", id=f"person-{cast.ada.id}")


NEW = {"email": "nina@example.com", "role": "customer", "locale": "ru"}


def test_an_account_is_opened_for_somebody_who_chooses_a_password(
    client: Visitor, visit: Callable[[], Visitor], app: Flask, cast: Cast, mailbox: Mailbox
):
    fields = NEW | {"first_name": "Nina", "organization": "org000001", "timezone": "Europe/Moscow"}
    page = client.sign_in(cast.ada).post("/admin/users/new", fields)
    nina = client.get(page.location)
    assert "Nina" in nina.words
    assert "Acme" in nina.words
    password = {"password": "seven quiet lamps in a row"}
    stranger = visit()
    stranger.post(mailbox.link(NEW["email"], "reset"), password)
    stranger.post("/auth/login", {"email": NEW["email"], **password})
    stranger.get("/tickets/")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"email": "ann@example.com"}, "There is an account with this address."),
        ({"email": "nobody"}, "This is not an e-mail address."),
        ({"organization": "Acme"}, "There is no organization with that number."),
        ({"organization": "ORG999999"}, "There is no organization with that number."),
        ({"organization": "ORG000001", "role": "staff"}, "in no organization of customers"),
        ({"role": "king"}, "Please choose one of the list."),
        ({"timezone": "Mars/Olympus"}, "Please choose one of the list."),
    ],
)
def test_an_account_that_cannot_be_is_not_opened(
    client: Visitor, app: Flask, cast: Cast, fields: dict[str, str], sentence: str
):
    page = client.sign_in(cast.ada).post("/admin/users/new", NEW | fields, 422)
    assert sentence in page.words
    assert page.one("input", name="email")["value"] == (NEW | fields)["email"]
    with app.app_context():
        assert db.session.scalar(select(User).filter_by(email="nina@example.com")) is None
