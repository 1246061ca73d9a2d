from collections.abc import Callable

import pytest
from flask import Flask

from portal.services.tickets import saved_views
from tests import factories
from tests.cast import Cast
from tests.page import Page, Visitor


@pytest.fixture
def sam(app: Flask, client: Visitor, cast: Cast) -> Visitor:
    factories.file_ticket(app, cast.ann, "Lamp is dark")
    return client.sign_in(cast.sam)


def ways(page: Page) -> dict[str, str]:
    """Links of what was found, by their words."""
    results = page.one("div", class_="go-results")
    return {link.text: link["href"] for link in results.all("a")}


def test_a_number_leads_to_its_ticket(sam: Visitor):
    for typed in ("REQ000001", "req1", "%231", "1"):
        assert sam.get(f"/go?q={typed}", 303).location == "/tickets/REQ000001"
    assert ways(sam.get("/go?q=1", htmx=True))["Lamp is dark REQ000001"] == "/tickets/REQ000001"
    assert "2" in sam.get("/go?q=2").words


def test_people_and_companies_are_found_by_the_beginning_of_a_name(sam: Visitor):
    found = ways(sam.get("/go?q=ac"))
    assert found["Acme"] == "/organizations/ORG000001"
    found = ways(sam.get("/go?q=ann+ar"))
    assert found["Ann Archer Acme · ann@example.com"] == "/people/USR000001"
    assert "Carl" not in ways(sam.get("/go?q=carl"))


def test_views_are_found_by_name_and_by_number(app: Flask, sam: Visitor, cast: Cast):
    with factories.writing(app):
        saved_views.create(actor=cast.sam, name="Doors of hall B", query="q=door", key=2)
        saved_views.create(actor=cast.sue, name="Doors of Sue", query="q=door")
    found = ways(sam.get("/go?q=hall+door"))
    assert found["Doors of hall B g 2"] == "/tickets/queue?saved=1"
    assert not any("Sue" in name for name in ways(sam.get("/go?q=doors")))
    assert sam.get("/go?view=2", 303).location == "/tickets/queue?saved=1"
    assert sam.get("/go?view=1", 303).location.startswith("/tickets/queue?view=")
    for odd in ("0", "x", "٣", "12"):
        assert sam.get(f"/go?view={odd}", 303).location == "/tickets/queue"


def test_what_can_be_done_to_the_ticket_is_a_form_without_scripts(sam: Visitor):
    page = sam.get("/tickets/REQ000001")
    came = {"Referer": "http://localhost/tickets/REQ000001"}
    page = sam.get(page.one("a", id="go")["href"], headers=came)
    button = next(b for b in page.all("button") if b.text == "Status: Solved")
    form = next(f for f in page.all("form") if button in f.all("button"))
    sam.post(form["action"], {button["name"]: button["value"]})
    page = sam.get("/go?ticket=REQ000001&q=status")
    offered = [button.text for button in page.one("div", id="go-results").all("button")]
    assert "Status: Open" in offered
    assert not {"Status: Solved", "Assign to me"} & set(offered)


def test_what_was_found_is_told(sam: Visitor):
    assert "1 result" in sam.get("/go?q=zzzz", htmx=True).words
    assert "Search all tickets for “zzzz”" in ways(sam.get("/go?q=zzzz"))


@pytest.mark.parametrize("query", ["q=" + "x" * 500, "ticket=REQ999999", "q=%25_&ticket=x", "q=@"])
def test_whatever_is_asked_is_answered(sam: Visitor, query: str):
    sam.get(f"/go?{query}")


@pytest.mark.threat("foreign rows")
def test_customers_and_strangers_go_nowhere(visit: Callable[[], Visitor], sam: Visitor, cast: Cast):
    visit().sign_in(cast.ann).get("/go?q=carl", 404)
    assert visit().get("/go?q=1", 303).location.startswith("/auth/login")


def test_admins_are_led_to_their_pages(visit: Callable[[], Visitor], sam: Visitor, cast: Cast):
    assert ways(visit().sign_in(cast.ada).get("/go?q=admin"))["Admin"] == "/admin/"
    assert "Admin" not in ways(sam.get("/go?q=admin"))
