"""Rating a solved ticket by the link in a mail."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from portal import clock
from portal.extensions import db
from portal.models.people import TokenPurpose, User
from portal.models.tickets import Ticket, TicketEvent, TicketStatus
from portal.security import rating_links
from portal.security.people import tokens
from portal.services.tickets import tickets
from tests import factories
from tests.cast import Cast
from tests.page import Visitor

pytestmark = pytest.mark.threat("mailed links")

GONE = 410


@pytest.fixture
def link(app: Flask, cast: Cast) -> str:
    """That of Bob's ticket, which Sam has solved."""
    filed = factories.file_ticket(app, cast.bob)
    with factories.writing(app):
        row = db.session.get_one(Ticket, filed.id)
        tickets.set_status(actor=cast.sam, ticket=row, status=TicketStatus.SOLVED)
        return f"/auth/ratings/{rating_links.sign(row)}"


def rated(app: Flask) -> tuple[Any, Any]:
    with app.app_context():
        row = db.session.scalars(select(Ticket)).one()
        return row.rating, row.rating_comment


@pytest.mark.parametrize("query", ["", "?rating=good", "?rating=bad", "?rating=owl"])
def test_looking_at_it_marks_the_choice_and_stores_nothing(
    client: Visitor, app: Flask, link: str, query: str
):
    page = client.get(link + query)
    chosen = [node["value"] for node in page.all("input", name="rating", checked=True)]
    assert chosen == [word for word in ("good", "bad") if word in query]
    assert rated(app) == (None, None)


def test_one_press_stores_it_as_the_requesters(client: Visitor, app: Flask, link: str, cast: Cast):
    page = client.follow(client.post(link, {"rating": "good"}))
    assert "Thank you" in page.words
    assert rated(app) == ("good", None)
    with app.app_context():
        event = db.session.scalars(select(TicketEvent).filter_by(kind="rated")).one()
        assert event.actor_id == cast.bob.id


def test_words_may_follow_and_the_rating_may_change(client: Visitor, app: Flask, link: str):
    client.post(link, {"rating": "good"})
    page = client.get(link)
    assert [node["value"] for node in page.all("input", name="rating", checked=True)] == ["good"]
    client.post(link, {"rating": "bad", "comment": "It is cold again."})
    assert rated(app) == ("bad", "It is cold again.")
    assert "It is cold again." in client.get(link).one("textarea").text


def test_it_tells_no_more_of_the_ticket_than_its_number(client: Visitor, link: str):
    words = client.get(link).words
    assert "REQ000001" in words
    assert "hot water" not in words
    assert "Bob" not in words


@pytest.mark.parametrize(
    "fields",
    [{}, {"rating": "owl"}, {"rating": ""}, {"rating": "good", "comment": "x" * 1001}],
    ids=str,
)
def test_what_is_wrong_is_said(client: Visitor, app: Flask, link: str, fields: dict[str, str]):
    client.post(link, fields, status=422)
    assert rated(app) == (None, None)


@pytest.mark.parametrize("text", ["x", "", "WzEsMSwiMjAyNiJd.x", "a" * 5000])
def test_what_we_did_not_sign_is_none(client: Visitor, link: str, text: str):
    status = 404 if not text else GONE
    client.get(f"/auth/ratings/{text}", status=status)
    client.post(f"/auth/ratings/{text}", {"rating": "good"}, status=status)


def test_a_link_of_another_kind_is_none(client: Visitor, app: Flask, cast: Cast, link: str):
    with factories.writing(app):
        user = db.session.get_one(User, cast.bob.id)
        token = tokens.issue(user, TokenPurpose.RESET)
        text = tokens.sign(TokenPurpose.RESET, token)
    client.get(f"/auth/ratings/{text}", status=GONE)
    client.get(link.replace("ratings", "reset"), status=GONE)


def dead(client: Visitor, app: Flask, link: str) -> None:
    client.get(link, status=GONE)
    client.post(link, {"rating": "good"}, status=GONE)
    assert rated(app) == (None, None)


def test_it_ends_when_the_ticket_is_opened_again(
    client: Visitor, app: Flask, link: str, cast: Cast
):
    with factories.writing(app):
        row = db.session.scalars(select(Ticket)).one()
        tickets.set_status(actor=cast.sam, ticket=row, status=TicketStatus.OPEN)
    dead(client, app, link)


def test_it_ends_in_the_trash(client: Visitor, app: Flask, link: str, cast: Cast):
    with factories.writing(app):
        tickets.delete(actor=cast.sam, ticket=db.session.scalars(select(Ticket)).one())
    dead(client, app, link)


@pytest.mark.parametrize("change", [{"is_active": False}, {"organization_role": "viewer"}])
def test_it_ends_with_the_requesters_right(
    client: Visitor, app: Flask, link: str, cast: Cast, change: dict[str, Any]
):
    with factories.writing(app):
        user = db.session.get_one(User, cast.bob.id)
        for name, value in change.items():
            setattr(user, name, value)
    dead(client, app, link)


def test_it_ends_when_the_requester_goes_elsewhere(
    client: Visitor, app: Flask, link: str, cast: Cast
):
    with factories.writing(app):
        elsewhere = factories.organization("Elsewhere").id
        db.session.get_one(User, cast.bob.id).organization_id = elsewhere
    dead(client, app, link)


def test_it_ends_after_a_month(client: Visitor, app: Flask, link: str):
    with time_machine.travel(clock.now() + timedelta(days=31)):
        dead(client, app, link)


def test_it_is_not_that_of_a_ticket_with_the_same_number(client: Visitor, app: Flask, link: str):
    with factories.writing(app):
        row = db.session.scalars(select(Ticket)).one()
        row.created_at += timedelta(seconds=1)
    dead(client, app, link)


def test_it_signs_nobody_in(client: Visitor, link: str):
    client.post(link, {"rating": "good"})
    client.get("/tickets/", status=303)


def test_forged_ones_are_limited(client: Visitor, link: str):
    for _ in range(20):
        client.post("/auth/ratings/x", {"rating": "good"}, status=GONE)
    client.post("/auth/ratings/x", {"rating": "good"}, status=429)
