"""`/users` and `/admin` by the API: admins reach everybody, all others themselves alone."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from portal import clock
from portal.extensions import db
from portal.models.people import Right, User
from tests import factories
from tests.api.api_client import ApiClient, key_of
from tests.api.conftest import Call
from tests.cast import Cast
from tests.databases import BOTH
from tests.statements import statements


def ids(page: Any) -> list[str]:
    return [item["id"] for item in page["items"]]


def test_admins_list_everybody_newest_first(call: Call, cast: Cast) -> None:
    ada = call(cast.ada)
    for path in ("/users", "/admin/users"):
        page = ada.get(path).json
        assert ids(page) == [f"USR00000{n}" for n in (6, 5, 4, 3, 2, 1)]
        assert page["items"][0] == ada.get("/users/me").json


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=ANN", [1]),
        ("q=baker", [2]),
        ("q=%25", []),
        ("role=staff", [5, 4]),
        ("organization=ORG000001", [2, 1]),
        ("role=customer&q=example.com&limit=2", [3, 2]),
    ],
)
def test_each_filter_finds_what_it_says(
    call: Call, cast: Cast, query: str, expected: list[int]
) -> None:
    found = ids(call(cast.ada).get(f"/users?{query}").json)
    assert found == [f"USR00000{number}" for number in expected]


@BOTH
def test_pages_go_on_where_the_last_one_ended(call: Call, cast: Cast) -> None:
    ada = call(cast.ada)
    seen, cursor = [], ""
    while cursor is not None:
        page = ada.get(f"/users?limit=4&cursor={cursor}").json
        seen += ids(page)
        cursor = page["next"]
    assert len(seen) == 6 == len(set(seen))


@pytest.mark.parametrize("query", ["role=root", "organization=1", "cursor=x", "limit=0", "x=1"])
def test_what_a_list_does_not_know_is_named(call: Call, cast: Cast, query: str) -> None:
    assert list(call(cast.ada).get(f"/users?{query}", 422).errors) == [query.partition("=")[0]]


@pytest.mark.threat("foreign rows")
@pytest.mark.parametrize("name", ["ann", "sam"])
def test_others_reach_themselves_alone(call: Call, cast: Cast, name: str) -> None:
    person = getattr(cast, name)
    own, api_client = f"USR00000{person.id}", call(person)
    assert api_client.get(f"/users/{own}").json == api_client.get("/users/me").json
    api_client.patch(f"/users/{own}", {"first_name": "New"})
    for other in ("USR000002", "USR000999", "x", "USR" + "9" * 30):
        api_client.get(f"/users/{other}", 404)
        api_client.patch(f"/users/{other}", {"first_name": "New"}, 404)
    for change in ({"role": "admin"}, {"is_active": False}):
        assert api_client.patch(f"/users/{own}", change, 403).code == "forbidden"
    api_client.delete(f"/users/{own}", 403)


def test_admins_change_and_shut_accounts(app: Flask, call: Call, cast: Cast) -> None:
    ada, bob = call(cast.ada), call(cast.bob)
    key = ApiClient(app, key_of(app, cast.bob))
    path = "/users/USR000002"
    changed = ada.patch(path, {"role": "staff", "last_name": "Brown"}).json
    assert (changed["role"], changed["last_name"]) == ("staff", "Brown")
    for api_client in (bob, key):
        api_client.get("/users/me", 401)  # other rights, another credential
    key = ApiClient(app, key_of(app, cast.bob))
    ada.delete(path)
    key.get("/users/me", 401)
    assert ada.get(path).json["is_active"] is False
    assert ada.patch(path, {"is_active": True}).json["is_active"] is True
    key.get("/users/me", 401)


@pytest.mark.threat("rights kept or taken")
def test_roles_are_given_and_accounts_shut_by_who_has_just_signed_in_and_by_no_key(
    app: Flask, call: Call, cast: Cast
) -> None:
    path, key, ada = "/users/USR000002", ApiClient(app, key_of(app, cast.ada)), call(cast.ada)
    for change in ({"role": "admin"}, {"is_active": False}):
        refused = key.patch(path, change, 403)
        assert refused.code == "proof_needed"
        told = refused.headers["WWW-Authenticate"]
        assert told.endswith('error="insufficient_user_authentication", max_age="600"')
        with time_machine.travel(clock.now() + timedelta(minutes=11)):
            assert ada.patch(path, change, 403).code == "proof_needed"
    assert key.patch(path, {"first_name": "Bobby"}).json["role"] == "customer"


def test_the_last_admin_stays(call: Call, cast: Cast) -> None:
    ada = call(cast.ada)
    assert ada.patch("/users/me", {"role": "staff"}, 422).errors == {"role": ["unknown_field"]}
    assert ada.patch("/users/USR000006", {"role": "staff"}, 409).code == "last_admin"
    assert ada.delete("/users/USR000006", 409).code == "last_admin"
    assert ada.delete("/users/me", 409).code == "last_admin"


def test_the_staff_with_their_workload(app: Flask, call: Call, cast: Cast) -> None:
    sam = call(cast.sam)
    for status in ("open", "pending", "solved"):
        number = factories.file_ticket(app, cast.ann).number
        change = {"assignee": "me", "status": status}
        sam.patch(f"/tickets/{number}", change, headers={"If-Match": "*"})
    staff = {m["name"]: m for m in call(cast.ada).get("/admin/staff").json["items"]}
    assert list(staff) == ["Ada Adams", "Sam Smith", "Sue Stone"]
    assert staff["Sam Smith"]["unsolved"] == 2
    assert staff["Sam Smith"]["by_status"] == {"new": 0, "open": 1, "pending": 1, "on_hold": 0}
    assert (staff["Sue Stone"]["unsolved"], staff["Ada Adams"]["role"]) == (0, "admin")


def test_numbers_are_those_of_what_one_may_see(app: Flask, call: Call, cast: Cast) -> None:
    for person in (cast.ann, cast.ann, cast.bob, cast.carl):
        ticket = factories.file_ticket(app, person)
    factories.post_comment(app, cast.sam, ticket)
    change = {"assignee": "me", "status": "solved"}
    sam = call(cast.sam)
    sam.patch("/tickets/REQ000001", change, headers={"If-Match": "*"})
    sam.patch("/tickets/REQ000003", {"assignee": "me"}, headers={"If-Match": "*"})
    path = "/tickets/stats/summary"
    desk = sam.get(path).json
    assert (desk["total"], desk["unsolved"]) == (4, 3)
    assert (desk["by_status"]["solved"], desk["by_priority"]["medium"]) == (1, 3)
    assert {(m["assignee"] or {}).get("name"): m["tickets"] for m in desk["by_assignee"]} == {
        None: 2,
        "Sam Smith": 1,
    }
    assert (desk["first_response"]["tickets"], desk["resolution"]["tickets"]) == (1, 1)
    assert desk["resolution"]["median_seconds"] >= 0
    totals = [call(person).get(path).json["total"] for person in (cast.ann, cast.bob, cast.carl)]
    assert totals == [3, 1, 1]


def test_numbers_ask_the_same_however_much_there_is(app: Flask, call: Call, cast: Cast) -> None:
    sam = call(cast.sam)
    factories.file_ticket(app, cast.ann)
    with statements(app) as few:
        sam.get("/tickets/stats/summary")
    for _ in range(5):
        factories.file_ticket(app, cast.bob)
    with statements(app) as many:
        sam.get("/tickets/stats/summary")
    assert few == many


@pytest.mark.threat("rules in the browser alone")
def test_staff_who_manage_people_reach_those_with_no_more_rights(
    call: Call, app: Flask, cast: Cast
) -> None:
    sam = call(cast.sam)
    sam.get("/users", status=403)
    sam.get(f"/users/{cast.bob.id}", status=404)
    with factories.writing(app):
        db.session.get_one(User, cast.sam.id).rights = Right.PEOPLE
        db.session.get_one(User, cast.sue.id).rights = Right.EXPORTS
    for path in ("/users", "/admin/users", "/admin/staff", f"/users/{cast.bob.id}"):
        sam.get(path)
    for person in (cast.ada, cast.sue):
        sam.get(f"/users/{person.id}", status=403)
        sam.patch(f"/users/{person.id}", {"is_active": False}, status=403)
    sam.patch(f"/users/{cast.bob.id}", {"role": "admin"}, status=403)
    sam.get("/admin/logs/stats", status=403)
