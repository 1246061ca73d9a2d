from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from portal import clock
from portal.extensions import db
from portal.models.people import Actor, User
from portal.security.people.step_up import FRESH
from tests import factories
from tests.cast import PASSWORD, Cast
from tests.databases import BOTH
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
    visit().sign_in(cast.ada).post(f"/admin/users/{cast.sam.id}/role", {"role": "customer"})
    assert user(app, cast.sam).role == "customer"
    sam.get("/tickets/queue", status=303)


@pytest.mark.threat("rights kept or taken")
def test_a_disabled_account_is_out_at_the_next_request(
    visit: Callable[[], Visitor], app: Flask, cast: Cast
):
    ann, ada = visit().sign_in(cast.ann), visit().sign_in(cast.ada)
    ada.post(f"/admin/users/{cast.ann.id}/active", {"active": "0"})
    ann.get("/tickets/", status=303)
    ada.post(f"/admin/users/{cast.ann.id}/active", {"active": "1"})
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
        page = client.post(f"/admin/users/{cast.bob.id}/{what}", fields)
        assert page.location.startswith("/account/confirm")
        assert (user(app, cast.bob).role, user(app, cast.bob).is_active) == ("customer", True)
        client.post(page.location, {"password": PASSWORD})
        client.post(f"/admin/users/{cast.bob.id}/{what}", fields)
    assert (user(app, cast.bob).role, user(app, cast.bob).is_active) != ("customer", True)


def test_the_last_admin_is_told_why_not(client: Visitor, app: Flask, cast: Cast):
    client.sign_in(cast.ada)
    for what, fields in (("role", {"role": "staff"}), ("active", {"active": "0"})):
        page = client.post(f"/admin/users/{cast.ada.id}/{what}", fields, status=409)
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
    path = f"/admin/users/{cast.bob.id}/{what}"
    visit().sign_in(cast.sam).post(path, fields, status=403)
    visit().sign_in(cast.ann).post(path, fields, status=404)
    assert visit().post(path, fields).location == "/auth/login"
    visit().sign_in(cast.ada).get(path, status=405)
    assert (user(app, cast.bob).role, user(app, cast.bob).is_active) == ("customer", True)


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("1/role", {"role": "king"}, 422),
        ("1/role", {}, 422),
        ("1/active", {"active": "maybe"}, 422),
        ("999999/role", {"role": "staff"}, 404),
        ("99999999999999999999/role", {"role": "staff"}, 404),
    ],
)
def test_malformed_changes_are_refused(
    client: Visitor, cast: Cast, path: str, fields: dict[str, str], status: int
):
    client.sign_in(cast.ada).post(f"/admin/users/{path}", fields, status=status)


@pytest.mark.parametrize("query", ["?role=king", "?cursor=x"])
def test_malformed_filters_are_refused(client: Visitor, cast: Cast, query: str):
    client.sign_in(cast.ada).get(f"/admin/users{query}", status=422)
