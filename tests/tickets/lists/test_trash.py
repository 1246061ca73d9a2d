"""The trash: the way into it, what lies in it, for whom, and the way back."""

from collections.abc import Callable

import pytest
from flask import Flask

from portal.extensions import db
from portal.models.people import Actor
from portal.models.tickets import Ticket
from portal.services.tickets import tickets
from tests import factories
from tests.cast import Cast
from tests.databases import BOTH
from tests.factories import Filed
from tests.page import Page, Visitor

pytestmark = BOTH

TRASH = "/tickets/trash"
Visit = Callable[[], Visitor]


def throw_away(app: Flask, by: Actor, *filed: Filed) -> None:
    for one in filed:
        with factories.writing(app):
            tickets.delete(actor=by, ticket=db.session.get_one(Ticket, one.id))


def subjects(page: Page) -> list[str]:
    return [row.one("strong").text for row in page.one(id="trash").all("li")]


@pytest.fixture
def three(app: Flask, cast: Cast) -> list[Filed]:
    """Two of Ann's and one of Carl's, deleted in that order, by Sam and then by Ada."""
    filed = [
        factories.file_ticket(app, person, subject)
        for person, subject in ((cast.ann, "Pump"), (cast.ann, "Valve"), (cast.carl, "Boiler"))
    ]
    throw_away(app, cast.sam, *filed[:2])
    throw_away(app, cast.ada, filed[2])
    return filed


def test_what_was_deleted_last_stands_first_with_who_did_it(
    client: Visitor, cast: Cast, three: list[Filed]
):
    page = client.sign_in(cast.sue).get(TRASH)
    assert subjects(page) == ["Boiler", "Valve", "Pump"]
    boiler, valve, _pump = page.all("li", id=True)
    assert "REQ000003" in boiler.text and "Carl Cooper" in boiler.text
    assert "deleted by Ada Adams" in boiler.text
    assert "Ann Archer, Acme · deleted by Sam Smith" in valve.text
    assert valve.one("time")


def test_who_deleted_it_last_is_named(client: Visitor, app: Flask, cast: Cast, three: list[Filed]):
    with factories.writing(app):
        tickets.restore(actor=cast.sam, ticket=db.session.get_one(Ticket, three[0].id))
    throw_away(app, cast.sue, three[0])
    page = client.sign_in(cast.sam).get(TRASH)
    assert subjects(page)[0] == "Pump"
    assert "deleted by Sue Stone" in page.one("li", id="t1").text


def test_a_ticket_comes_back_to_list_counts_and_search(
    visit: Visit, cast: Cast, three: list[Filed]
):
    sam, ann = visit().sign_in(cast.sam), visit().sign_in(cast.ann)
    assert "Pump" not in ann.get("/tickets/").words
    page = sam.follow(sam.post(f"/tickets/{three[0].number}/restore"))
    assert "REQ000001 is back as it was." in page.one(id="flash").text
    assert subjects(page) == ["Boiler", "Valve"]
    assert "Pump" in ann.get(f"/tickets/{three[0].number}").words
    for reader, path in ((ann, "/tickets/"), (ann, "/tickets/?q=pump"), (sam, "/tickets/queue")):
        assert "Pump" in reader.get(path).words
    views = sam.get("/tickets/queue").one("nav", class_="views")
    assert [a.text for a in views.all("a")][-1] == "All tickets 1"


def test_htmx_gets_the_list_without_it_and_what_was_done(
    client: Visitor, cast: Cast, three: list[Filed]
):
    client.sign_in(cast.sam)
    page = client.post(f"/tickets/{three[2].number}/restore", status=200, htmx=True)
    assert subjects(page) == ["Valve", "Pump"]
    assert "REQ000003 is back" in page.one(id="flash").text
    assert not client.get(TRASH, htmx=True).all("html")


def test_pages_leave_nothing_out_and_one_comes_back_to_its_page(
    client: Visitor, app: Flask, cast: Cast
):
    with factories.writing(app):
        for number in range(32):
            ticket = tickets.file(actor=cast.ann, subject=f"Matter {number}", message="Help.")
            tickets.delete(actor=cast.sam, ticket=ticket)
    first = client.sign_in(cast.sam).get(TRASH)
    second = client.get(first.one("a", rel="next")["href"])
    assert subjects(first) + subjects(second) == [f"Matter {n}" for n in reversed(range(32))]
    cursor = second.one("li", id="t1").one("input", name="cursor")["value"]
    second = client.follow(client.post("/tickets/REQ000001/restore", {"cursor": cursor}))
    assert subjects(second) == ["Matter 1"]
    first = client.follow(client.post("/tickets/REQ000002/restore", {"cursor": cursor}))
    assert subjects(first)[0] == "Matter 31"  # nothing is left where the cursor leads


@pytest.mark.threat("foreign rows")
def test_for_customers_and_strangers_there_is_no_trash(
    visit: Visit, app: Flask, cast: Cast, three: list[Filed]
):
    restore = f"/tickets/{three[0].number}/restore"
    for person in (cast.ann, cast.bob, cast.carl):
        browser = visit().sign_in(person)
        browser.get(TRASH, status=404)
        browser.post(restore, status=404)
    assert "/auth/login" in visit().get(TRASH, status=303).location
    assert "/auth/login" in visit().post(restore).location
    with app.app_context():
        assert db.session.get_one(Ticket, three[0].id).deleted_at


def test_what_is_not_in_the_trash_is_not_found_there(client: Visitor, app: Flask, cast: Cast):
    there = factories.file_ticket(app, cast.ann)
    client.sign_in(cast.sam)
    for number in (there.number, "REQ000999", "nonsense"):
        client.post(f"/tickets/{number}/restore", status=404)


@pytest.mark.parametrize("cursor", ["x", "1", "1.2.3", "-1.2", "9" * 19 + ".1", "1." + "9" * 30])
def test_a_cursor_that_we_did_not_write_is_refused(client: Visitor, cast: Cast, cursor: str):
    client.sign_in(cast.sam).get(f"{TRASH}?cursor={cursor}", status=422)


def test_an_empty_trash_says_so_and_the_queue_leads_to_it(client: Visitor, cast: Cast):
    queue = client.sign_in(cast.sam).get("/tickets/queue")
    assert queue.one("a", href=TRASH)
    assert "The trash is empty" in client.get(TRASH).words


@pytest.mark.threat("scripts in text")
def test_text_of_customers_is_text_in_the_trash(client: Visitor, app: Flask, cast: Cast):
    throw_away(app, cast.sam, factories.file_ticket(app, cast.ann, "<b>Pump</b>"))
    assert subjects(client.sign_in(cast.sam).get(TRASH)) == ["<b>Pump</b>"]


def form_of(page: Page, number: str) -> str:
    return page.one("form", action=f"/tickets/{number}/trash")["action"]


def test_a_ticket_goes_to_the_trash_from_its_page_and_is_nobodys_to_see(
    visit: Visit, app: Flask, cast: Cast
):
    filed = factories.file_ticket(app, cast.ann, "Pump")
    path, sam = f"/tickets/{filed.number}", visit().sign_in(cast.sam)
    page = sam.follow(sam.post(form_of(sam.get(path), filed.number)))
    assert page.one("nav", class_="views")
    assert "REQ000001 is in the trash now." in page.one(id="flash").text
    for person in (cast.ann, cast.sam, cast.ada):
        browser = visit().sign_in(person)
        browser.get(path, status=404)
        browser.post(f"{path}/comments", {"message": "Hello?"}, status=404)
        browser.post(f"{path}/trash", status=404)
        assert "Pump" not in browser.get("/tickets/?q=pump").one("main").one(class_="list").text
    token = page.one("form", action="/tickets/queue/undo").one("input", name="token")["value"]
    sam.post("/tickets/queue/undo", {"token": token})
    assert "Pump" in visit().sign_in(cast.ann).get(path).words


def test_a_closed_ticket_goes_the_same_way(client: Visitor, app: Flask, cast: Cast):
    filed = factories.file_ticket(app, cast.ann)
    client.sign_in(cast.sam).post(f"/tickets/{filed.number}/status", {"status": "closed"})
    client.post(form_of(client.get(f"/tickets/{filed.number}"), filed.number))
    assert subjects(client.get(TRASH)) == ["No hot water"]


@pytest.mark.parametrize(
    ("came_from", "leads_to"),
    [
        ("/tickets/queue?view=mine", "/tickets/queue?view=mine"),
        ("/tickets/REQ000001", "/tickets/queue"),
        ("/tickets/queue/../../evil", "/tickets/queue"),
        ("//evil.example/tickets/queue", "/tickets/queue"),
    ],
)
def test_one_comes_back_to_the_queue_that_the_ticket_stood_beside(
    client: Visitor, app: Flask, cast: Cast, came_from: str, leads_to: str
):
    filed = factories.file_ticket(app, cast.ann)
    headers = {"Referer": f"http://localhost{came_from}"}
    page = client.sign_in(cast.sam).post(f"/tickets/{filed.number}/trash", headers=headers)
    assert page.location == leads_to


@pytest.mark.threat("rules in the browser alone")
def test_customers_do_not_throw_tickets_away(visit: Visit, app: Flask, cast: Cast):
    filed = factories.file_ticket(app, cast.ann)
    path = f"/tickets/{filed.number}"
    ann, carl = visit().sign_in(cast.ann), visit().sign_in(cast.carl)
    assert not ann.get(path).all("form", action=f"{path}/trash")
    ann.post(f"{path}/trash", status=403)
    carl.post(f"{path}/trash", status=404)
    assert "/auth/login" in visit().post(f"{path}/trash").location
    ann.get(path)
