"""One's own account, read and changed by a program."""

import pytest
from flask import Flask

from tests.api.api_client import ApiClient, key_of
from tests.api.conftest import Call
from tests.cast import Cast
from tests.statements import statements


@pytest.mark.threat("notes and secrets shown")
def test_everybody_reads_all_of_themselves_and_no_secret(call: Call, cast: Cast) -> None:
    me = call(cast.ann).get("/users/me").json
    assert set(me) == {
        *("id", "email", "username", "first_name", "last_name", "phone", "inn", "role"),
        *("organization", "organization_role", "is_active", "is_verified", "locale", "timezone"),
        "created_at",
    }
    assert me["organization"] == {"id": "ORG000001", "name": "Acme"}
    assert me["created_at"].endswith("Z")


def test_what_is_sent_is_changed_and_the_rest_stays(call: Call, cast: Cast) -> None:
    ann = call(cast.ann)
    changes = {"first_name": " Anna ", "username": "ANN.A", "phone": "+1 202 555 0143"}
    changed = ann.patch("/users/me", {**changes, "timezone": "Europe/Berlin"}).json
    assert (changed["first_name"], changed["last_name"]) == ("Anna", "Archer")
    assert (changed["username"], changed["phone"]) == ("ann.a", "+12025550143")
    assert ann.get("/users/me").json == changed
    emptied = ann.patch("/users/me", {"username": None, "phone": None}).json
    assert (emptied["username"], emptied["phone"]) == (None, None)
    assert ann.patch("/users/me", {}).json == emptied


@pytest.mark.threat("fields nobody asked for")
@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("first_name", "x" * 101, "too_long"),
        ("first_name", None, "null"),
        ("first_name", 5, "type"),
        ("username", "USR000007", "reserved"),
        ("phone", "+1", "phone"),
        ("inn", "7707083894", "inn"),
        ("locale", "fr", "unknown"),
        ("timezone", "Mars/Base", "unknown"),
        ("email", "other@example.com", "unknown_field"),
        ("role", "admin", "unknown_field"),
        ("organization", "ORG000003", "unknown_field"),
        ("organization_role", "owner", "unknown_field"),
        ("is_verified", True, "unknown_field"),
    ],
)
def test_what_is_wrong_or_not_ones_own_to_change_is_named(
    call: Call, cast: Cast, field: str, value: object, code: str
) -> None:
    bob = call(cast.bob)
    before = bob.get("/users/me").json
    assert bob.patch("/users/me", {field: value}, 422).errors == {field: [code]}
    assert bob.get("/users/me").json == before


def test_a_username_that_somebody_has_is_taken(call: Call, cast: Cast) -> None:
    call(cast.ann).patch("/users/me", {"username": "same"})
    reply = call(cast.bob).patch("/users/me", {"username": "SAME"}, 422)
    assert reply.errors == {"username": ["taken"]}


def test_reading_oneself_asks_two_questions(app: Flask, call: Call, cast: Cast) -> None:
    by_token = call(cast.ann)
    by_key = ApiClient(app, key_of(app, cast.ann))
    by_key.get("/users/me")  # its first use is written down
    for caller in (by_token, by_key):
        with statements(app) as asked:
            caller.get("/users/me")
        assert len(asked) == 2
