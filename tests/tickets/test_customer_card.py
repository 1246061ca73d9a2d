from collections.abc import Callable

import pytest
from flask import Flask

from portal.extensions import db
from portal.models.people import User
from portal.models.tickets import Priority, Rating, Ticket
from portal.queries.tickets import customers
from portal.services.tickets import tickets
from tests import factories
from tests.cast import Cast
from tests.databases import BOTH
from tests.html import Node
from tests.page import Page, Visitor
from tests.statements import statements

pytestmark = BOTH


def card_of(page: Page) -> Node:
    return page.one("aside", id="customer")


def lines(card: Node) -> list[str]:
    return [link.text for item in card.all("li") for link in item.all("a")]


def test_staff_see_who_asks_beside_the_ticket(client: Visitor, app: Flask, cast: Cast):
    with factories.writing(app):
        bob = db.session.get_one(User, cast.bob.id)
        bob.timezone, bob.locale = "Asia/Kolkata", "ru"
    filed = factories.file_ticket(app, cast.bob)
    client.sign_in(cast.sam)
    card = card_of(client.get(f"/tickets/{filed.number}"))
    for name, heading in (("customer-page", "Bob Baker"), ("customer-organization", "Acme")):
        assert client.get(card.one("a", id=name)["href"]).one("h1").text == heading
    assert "bob@example.com" in card.text and "Russian" in card.text
    assert "Local time" in card.text and "No other tickets" in card.text
    assert card.one("a", id="customer-all").text == "all 1"


@pytest.mark.parametrize("reader", ["ann", "bob"])
def test_customers_have_no_such_card(client: Visitor, app: Flask, cast: Cast, reader: str):
    filed = factories.file_ticket(app, cast.bob)
    client.sign_in(getattr(cast, reader))
    page = client.get(f"/tickets/{filed.number}")
    assert not page.all("aside") and "/people/" not in page.text
    client.get(f"/tickets/{filed.number}/similar", 404)


def test_their_last_tickets_stand_on_it_but_not_this_one(client: Visitor, app: Flask, cast: Cast):
    first = factories.file_ticket(app, cast.bob, "This one")
    for number in range(7):
        factories.file_ticket(app, cast.bob, f"Matter {number}")
    factories.file_ticket(app, cast.ann, "Not his")
    gone = factories.file_ticket(app, cast.bob, "Gone")
    with factories.writing(app):
        tickets.delete(actor=cast.sam, ticket=db.session.get_one(Ticket, gone.id))
    client.sign_in(cast.sam)
    for path in (f"/tickets/{first.number}", "/tickets/REQ000003"):
        card = card_of(client.get(path))
        number = int(path[-1])
        expected = [f"Matter {n}" for n in range(6, -1, -1) if n + 2 != number][:5]
        assert lines(card) == expected
        assert card.one("a", id="customer-all").text == "all 8"


def test_the_panel_has_it_too(client: Visitor, app: Flask, cast: Cast):
    filed = factories.file_ticket(app, cast.bob)
    panel = client.sign_in(cast.sam).get(f"/tickets/{filed.number}", htmx=True)
    assert card_of(panel).one("h2").text == "Bob Baker"


@pytest.mark.parametrize("way", ["all", "unsolved", "urgent"])
def test_ways_lead_to_their_tickets_in_the_queue(client: Visitor, app: Flask, cast: Cast, way: str):
    filed = factories.file_ticket(app, cast.bob, "Bob asks", priority=Priority.URGENT)
    factories.file_ticket(app, cast.bob, "Bob has time", priority=Priority.LOW)
    factories.file_ticket(app, cast.ann, "Ann asks", priority=Priority.URGENT)
    card = card_of(client.sign_in(cast.sam).get(f"/tickets/{filed.number}"))
    queue = client.get(card.one("a", id=f"customer-{way}")["href"]).words
    assert "Bob asks" in queue and "Ann asks" not in queue
    assert ("Bob has time" in queue) == (way != "urgent")


def test_how_they_rated_is_told_in_numbers(client: Visitor, app: Flask, cast: Cast):
    filed = factories.file_ticket(app, cast.bob)
    factories.rate_ticket(app, cast.bob, filed, Rating.BAD)
    card = card_of(client.sign_in(cast.sam).get(f"/tickets/{filed.number}"))
    assert card.one("ul", class_="customer-ratings").text == "1 Bad"


def test_beyond_a_hundred_nothing_is_counted(
    client: Visitor, app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    filed = factories.file_ticket(app, cast.bob)
    monkeypatch.setattr("portal.web.people.customers.MANY", 0)
    card = card_of(client.sign_in(cast.sam).get(f"/tickets/{filed.number}"))
    assert card.one("a", id="customer-all").text == "all 0+"
    assert customers.MANY == 100


def test_it_costs_the_page_one_question(
    visit: Callable[[], Visitor], app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    filed = factories.file_ticket(app, cast.bob)
    sam = visit().sign_in(cast.sam)
    with statements(app) as seen:
        sam.get(f"/tickets/{filed.number}")
    assert len([statement for statement in seen if "tickets.rating =" in statement]) == 1


def test_similar_tickets_are_a_page_and_come_into_the_card(client: Visitor, app: Flask, cast: Cast):
    for person in (cast.ann, cast.bob):
        filed = factories.file_ticket(app, person, "Radiator leaks", "The valve drips.")
    for number in range(10):
        factories.file_ticket(app, cast.carl, f"Invoice {number}", "Please.")
    client.sign_in(cast.sam)
    place = card_of(client.get(f"/tickets/{filed.number}")).one("div", id="similar")
    assert place["hx-get"] == place.one("a")["href"]
    page = client.get(place["hx-get"])
    assert page.one("h1").text == "Similar tickets" and page.one("ul").text.count("Radiator") == 1
    fragment = client.get(place["hx-get"], htmx=True)
    assert fragment.one("div", id="similar").one("li").one("a")["href"] == "/tickets/REQ000001"
    assert "1 similar ticket." in fragment.words
    # The card asks by itself: nobody waits to hear of it.
    asked = client.get(place["hx-get"], htmx=True, headers={"X-Background": "1"})
    assert "similar ticket." not in asked.words


def test_where_there_are_none_that_is_said(client: Visitor, app: Flask, cast: Cast):
    filed = factories.file_ticket(app, cast.bob)
    page = client.sign_in(cast.sam).get(f"/tickets/{filed.number}/similar")
    assert "None found" in page.words


def test_of_a_ticket_that_is_not_there_nothing_is_similar(visit: Callable[[], Visitor], cast: Cast):
    visit().sign_in(cast.sam).get("/tickets/REQ000009/similar", 404)
    visit().sign_in(cast.sam).post("/tickets/REQ000009/similar", status=405)
    assert visit().get("/tickets/REQ000009/similar", 303).location.startswith("/auth/login")
