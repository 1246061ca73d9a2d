"""Tickets that staff file for somebody else, as programs do it: telephony, chat, other desks."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models.delivery import Outbox
from portal.models.people import User
from portal.models.tickets import Comment, Ticket, TicketEvent
from tests.api.api_client import ApiClient, token_of
from tests.api.conftest import Call
from tests.cast import Cast
from tests.databases import BOTH

pytestmark = BOTH

TEXTS = {"subject": "No hot water", "message": "Called at nine."}
STAFF_FIELDS: dict[str, Any] = {
    "requester": "USR000001",
    "assignee": "me",
    "status": "open",
    "type": "incident",
    "department": "IT",
    "language": "de",
    "channel": "page",
    "internal": True,
    "tags": ["heating"],
}


@pytest.fixture
def sam(app: Flask, cast: Cast) -> ApiClient:
    return ApiClient(app, token_of(app, cast.sam))


def rows(app: Flask, model: Any) -> list[Any]:
    with app.app_context():
        return list(db.session.scalars(select(model).order_by(model.id)))


def test_staff_say_all_that_is_known_of_a_ticket(sam: ApiClient, cast: Cast) -> None:
    filed = sam.post("/tickets", {**TEXTS, **STAFF_FIELDS, "internal": False}, 201).json
    known = {"type": "incident", "department": "IT", "language": "de", "channel": "page"}
    assert {name: filed[name] for name in known} == known
    assert (filed["status"], filed["tags"]) == ("open", ["heating"])
    assert filed["requester"] == {"id": "USR000001", "name": "Ann Archer"}
    assert filed["assignee"]["name"] == "Sam Smith"
    assert filed["organization"]["name"] == "Acme"


@pytest.mark.threat("rules in the browser alone")
@pytest.mark.parametrize("name", STAFF_FIELDS)
def test_customers_say_nothing_of_that(call: Call, cast: Cast, app: Flask, name: str) -> None:
    body = {**TEXTS, name: STAFF_FIELDS[name]}
    assert call(cast.ann).post("/tickets", body, 403).code == "forbidden"
    assert rows(app, Ticket) == []


def test_the_words_are_those_of_whoever_wrote_them_down(
    app: Flask, sam: ApiClient, call: Call, cast: Cast
) -> None:
    filed = sam.post("/tickets", {**TEXTS, "requester": "USR000001"}, 201).json
    (said,) = call(cast.ann).get(f"/tickets/{filed['number']}/comments").json["items"]
    assert said["author"]["name"] == "Sam Smith"
    assert filed["first_response_at"] is None
    mails = {(mail.template, mail.recipient) for mail in rows(app, Outbox)}
    assert ("ticket_filed", "ann@example.com") in mails


def test_a_note_among_staff_tells_the_requester_nothing(
    app: Flask, sam: ApiClient, call: Call, cast: Cast
) -> None:
    body = {**TEXTS, "requester": "USR000001", "internal": True}
    number = sam.post("/tickets", body, 201).json["number"]
    ann = call(cast.ann)
    assert ann.get(f"/tickets/{number}/comments").json["items"] == []
    assert [c["internal"] for c in sam.get(f"/tickets/{number}/comments").json["items"]] == [True]
    assert ann.get("/tickets?q=nine").json["items"] == []
    assert [t["number"] for t in sam.get("/tickets?q=nine").json["items"]] == [number]
    assert [mail.template for mail in rows(app, Outbox)] == ["ticket_filed_staff"]


def test_whoever_is_new_gets_an_account_that_only_their_mailbox_opens(
    app: Flask, sam: ApiClient
) -> None:
    body = {**TEXTS, "requester": {"email": "Nora@New.Example", "name": "Nora van Dyk"}}
    first = sam.post("/tickets", body, 201).json
    again = sam.post("/tickets", {**body, "subject": "And again"}, 201).json
    assert first["requester"] == again["requester"]
    assert first["requester"]["name"] == "Nora van Dyk"
    user = rows(app, User)[-1]
    assert (user.email, user.password_hash, user.is_verified) == ("nora@new.example", None, False)
    assert user.role == "customer"
    login = {"email": user.email, "password": ""}
    assert ApiClient(app).post("/auth/login", {**login, "password": "x"}, 401)
    # For the account itself nobody is mailed; a link is sent when they ask for it.
    assert {mail.template for mail in rows(app, Outbox)} == {"ticket_filed", "ticket_filed_staff"}
    ApiClient(app).post("/auth/password-reset-request", {"email": user.email}, 202)
    assert rows(app, Outbox)[-1].template == "reset_password"


def test_somebody_known_is_found_by_their_address(sam: ApiClient, app: Flask, cast: Cast) -> None:
    people = len(rows(app, User))
    body = {**TEXTS, "requester": {"email": "ann@example.com", "name": "Somebody Else"}}
    assert sam.post("/tickets", body, 201).json["requester"]["name"] == "Ann Archer"
    assert len(rows(app, User)) == people


def test_who_is_nobody_is_named_together_with_the_rest(app: Flask, sam: ApiClient) -> None:
    body = {**TEXTS, "requester": "USR000999", "assignee": "USR000998"}
    assert sam.post("/tickets", body, 422).errors == {
        "requester": ["unknown"],
        "assignee": ["unknown"],
    }
    strange = {**TEXTS, "requester": {"email": "nobody", "surprise": 1}}
    assert sam.post("/tickets", strange, 422).errors == {
        "requester.email": ["address"],
        "requester.surprise": ["unknown_field"],
    }
    assert sam.post("/tickets", {**TEXTS, "assignee": "USR000001"}, 422).errors == {
        "assignee": ["not_staff"]
    }
    assert rows(app, Ticket) == []


def test_a_key_sent_twice_files_one_ticket_and_opens_one_account(
    app: Flask, sam: ApiClient
) -> None:
    body = {**TEXTS, "requester": {"email": "nora@new.example"}}
    people = len(rows(app, User))
    told = [
        sam.post("/tickets", body, 201, headers={"Idempotency-Key": "call-17"}).json
        for _ in range(2)
    ]
    assert told[0] == told[1]
    assert (len(rows(app, Ticket)), len(rows(app, User))) == (1, people + 1)


def test_a_ticket_that_is_filed_as_solved_has_its_history(app: Flask, sam: ApiClient) -> None:
    filed = sam.post("/tickets", {**TEXTS, "status": "closed", "assignee": "me"}, 201).json
    assert filed["solved_at"] is not None
    assert [event.kind for event in rows(app, TicketEvent)] == ["filed", "assignee", "status"]
    assert [comment.internal for comment in rows(app, Comment)] == [False]


def test_the_first_answer_and_the_rating_can_be_read(
    sam: ApiClient, call: Call, cast: Cast
) -> None:
    ann = call(cast.ann)
    number = ann.post("/tickets", TEXTS, 201).json["number"]
    rating = f"/tickets/{number}/rating"
    assert sam.get(rating).json == {"rating": None, "comment": None, "rated_at": None}
    sam.post(f"/tickets/{number}/comments", {"message": "On our way."}, 201)
    read = sam.get(f"/tickets/{number}").json
    assert read["first_response_at"] >= read["created_at"]
    ann.get(rating, 403)
    sam.get("/tickets/REQ999999/rating", 404)
