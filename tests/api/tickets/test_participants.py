"""Participants of a ticket, by programs."""

import pytest
from flask import Flask

from portal.extensions import db
from portal.models.people import Role, User
from tests import factories
from tests.api.conftest import Call
from tests.cast import Cast
from tests.factories import Filed

DORA = "dora@elsewhere.example"
KEY = {"Idempotency-Key": "0f7e26a4-40d5-43e8-bc93-6894a57f9324"}


@pytest.fixture
def ticket(app: Flask, cast: Cast) -> Filed:
    """Carl's."""
    return factories.file_ticket(app, cast.carl)


@pytest.fixture
def path(ticket: Filed) -> str:
    return f"/tickets/{ticket.number}/participants"


def test_staff_and_the_requester_add_and_remove(call: Call, cast: Cast, path: str) -> None:
    sam, carl = call(cast.sam), call(cast.carl)
    added = sam.post(path, {"email": "Bob@Example.com"}, 201).json
    assert added["id"] == "USR000002"
    assert (added["name"], added["email"], added["way"]) == ("Bob Baker", "bob@example.com", "api")
    assert carl.post(path, {"email": DORA}, 201).json["name"] == DORA
    assert [one["name"] for one in carl.get(path).json["items"]] == ["bob@example.com", DORA]
    assert [one["email"] for one in carl.get(path).json["items"]] == [None, None]
    assert [one["email"] for one in sam.get(path).json["items"]] == ["bob@example.com", DORA]
    carl.delete(f"{path}/USR000002")
    assert [one["name"] for one in sam.get(path).json["items"]] == ["dora"]
    carl.delete(f"{path}/USR000002", 404)


@pytest.mark.threat("foreign rows")
def test_strangers_meet_no_ticket(call: Call, cast: Cast, path: str) -> None:
    bob = call(cast.bob)
    bob.get(path, 404)
    bob.post(path, {"email": DORA}, 404)
    bob.delete(f"{path}/me", 404)
    call(cast.sam).get("/tickets/REQ999999/participants", 404)


@pytest.mark.threat("rights kept or taken")
def test_a_participant_reads_answers_and_leaves(
    call: Call, cast: Cast, ticket: Filed, path: str
) -> None:
    call(cast.carl).post(path, {"email": cast.bob.email}, 201)
    bob, of_ticket = call(cast.bob), f"/tickets/{ticket.number}"
    assert bob.get(of_ticket).json["number"] == ticket.number
    assert bob.get("/tickets?q=water").json["items"][0]["number"] == ticket.number
    assert bob.get("/tickets").json["items"] == []
    assert bob.get("/tickets?participant=me").json["items"][0]["number"] == ticket.number
    assert call(cast.sam).get("/tickets?participant=me").json["items"] == []
    bob.get("/tickets?participant=USR000001", 422)
    bob.post(f"{of_ticket}/comments", {"message": "It is cold."}, 201)
    bob.post(path, {"email": DORA}, 403)
    assert [one["name"] for one in call(cast.carl).get(path).json["items"]] == ["Bob Baker"]
    bob.delete(f"{path}/me")
    for address in (of_ticket, path, f"{of_ticket}/comments", f"{of_ticket}/attachments"):
        bob.get(address, 404)
    assert bob.get("/tickets?q=water").json["items"] == []


@pytest.mark.threat("rights kept or taken")
def test_a_stored_answer_is_not_repeated_to_who_was_taken_out(
    call: Call, cast: Cast, ticket: Filed, path: str
) -> None:
    call(cast.carl).post(path, {"email": cast.bob.email}, 201)
    bob, comments = call(cast.bob), f"/tickets/{ticket.number}/comments"
    first = bob.post(comments, {"message": "It is cold."}, 201, headers=KEY).json
    assert bob.post(comments, {"message": "It is cold."}, 201, headers=KEY).json == first
    call(cast.carl).delete(f"{path}/USR000002")
    assert bob.ask("POST", comments, json={"message": "It is cold."}, headers=KEY).status != 201


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "email", "required"),
        ({"email": "nobody"}, "email", "address"),
        ({"email": DORA, "name": "Dora"}, "name", "unknown_field"),
        ({"email": "carl@example.com"}, "email", "is_requester"),
        ({"email": "sue@example.com"}, "email", "is_staff"),
    ],
)
def test_what_is_wrong_is_named(
    call: Call, cast: Cast, path: str, body: dict[str, str], field: str, code: str
) -> None:
    assert call(cast.sam).post(path, body, 422).errors[field] == [code]


def test_a_participant_who_has_become_staff_is_not_added_again(
    app: Flask, call: Call, cast: Cast, path: str
) -> None:
    call(cast.sam).post(path, {"email": "bob@example.com"}, 201)
    with factories.writing(app):
        db.session.get_one(User, cast.bob.id).role = Role.STAFF
    added = call(cast.sam).post(path, {"email": "bob@example.com"}, 422)
    assert added.errors["email"] == ["is_staff"]


def test_the_same_request_again_changes_nothing(call: Call, cast: Cast, path: str) -> None:
    sam = call(cast.sam)
    first = sam.post(path, {"email": DORA}, 201, headers=KEY).json
    assert sam.post(path, {"email": DORA}, 201, headers=KEY).json == first
    assert sam.post(path, {"email": DORA}, 201).json == first
