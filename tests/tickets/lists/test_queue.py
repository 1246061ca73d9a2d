"""What the queue shows of the same few tickets; several pages are in `test_queue_pages`."""

from collections.abc import Iterator

import pytest
from flask import Flask

from portal.models.tickets import Channel
from tests import factories
from tests.cast import Cast, make_cast
from tests.databases import BOTH, unchanged
from tests.page import Page, Visitor

pytestmark = BOTH

QUEUE = "/tickets/queue"


def subjects(page: Page) -> list[str]:
    return [a.text for a in page.all("a") if a["href"].startswith("/tickets/REQ")]


@pytest.fixture(scope="module")
def people(shared_app: Flask) -> Cast:
    return make_cast(shared_app)


@pytest.fixture(scope="module")
def customers(shared_app: Flask, people: Cast) -> list[Visitor]:
    return [Visitor(shared_app).sign_in(one) for one in (people.ann, people.bob, people.carl)]


@pytest.fixture(scope="module")
def desk(shared_app: Flask, people: Cast, customers: list[Visitor]) -> Iterator[Visitor]:
    """Sam in front of five tickets of every kind."""
    cast = people
    numbers = [
        factories.file_ticket(shared_app, person, subject, channel=channel).number
        for person, subject, channel in (
            (cast.ann, "Printer on fire", Channel.PAGE),
            (cast.ann, "Chair is broken", Channel.API),
            (cast.carl, "Принтер не печатает", Channel.PAGE),
            (cast.carl, "Invoice is wrong", Channel.API),
            (cast.bob, "VPN is down", Channel.IMPORT),
        )
    ]
    sam = Visitor(shared_app).sign_in(cast.sam)
    sam.post(f"/tickets/{numbers[0]}/priority", {"priority": "urgent"})
    sam.post(f"/tickets/{numbers[1]}/status", {"status": "solved"})
    sam.post(f"/tickets/{numbers[2]}/assignment", {"assignee": "me"})
    sam.post(f"/tickets/{numbers[3]}/assignment", {"assignee": str(cast.sue.id)})
    sam.post(f"/tickets/{numbers[4]}/tags", {"tags": "network"})
    with unchanged(shared_app):
        yield sam


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"Printer", "Принтер", "Invoice", "VPN"}),
        ("view=to_answer", {"Printer", "Принтер", "Invoice", "VPN"}),
        ("view=to_answer&status=new", {"Printer", "Принтер", "Invoice", "VPN"}),
        ("view=to_answer&status=solved", {"Chair"}),
        ("view=to_answer&priority=urgent", {"Printer"}),
        ("view=to_answer&assignee=me", {"Принтер"}),
        ("view=all", {"Printer", "Chair", "Принтер", "Invoice", "VPN"}),
        ("view=mine", {"Принтер"}),
        ("view=unassigned", {"Printer", "VPN"}),
        ("status=solved", {"Chair"}),
        ("priority=urgent", {"Printer"}),
        ("channel=api", {"Invoice"}),
        ("channel=api&view=all", {"Invoice", "Chair"}),
        ("channel=import&sort=-created_at", {"VPN"}),
        ("assignee=me", {"Принтер"}),
        ("assignee=none&view=all", {"Printer", "Chair", "VPN"}),
        ("tag=network", {"VPN"}),
        ("tag=nothing", set()),
        ("q=принтеры", {"Принтер"}),
        ("q=prin", {"Printer"}),
        ("q=REQ000005", {"VPN"}),
        ("q=bob@example.com", {"VPN"}),
        ("q=printer&view=mine", set()),
        ("view=unassigned&priority=urgent&status=new", {"Printer"}),
    ],
)
def test_a_filter_is_a_url(desk: Visitor, query: str, expected: set[str]):
    page = desk.get(f"{QUEUE}?{query}")
    assert {subject.split()[0] for subject in subjects(page)} == expected


def test_the_form_offers_every_channel_and_keeps_the_one_chosen(desk: Visitor):
    offered = desk.get(f"{QUEUE}?channel=import").one("select", name="channel").all("option")
    assert [option["value"] for option in offered] == ["", *Channel]
    assert [option.text for option in offered if option.get("selected") is not None] == ["Import"]


def test_a_requester_and_an_assignee_are_found_by_their_number(desk: Visitor, people: Cast):
    page = desk.get(f"{QUEUE}?view=all&requester=USR{people.ann.id:06d}")
    assert {s.split()[0] for s in subjects(page)} == {"Printer", "Chair"}
    page = desk.get(f"{QUEUE}?assignee=USR{people.sue.id:06d}")
    assert {s.split()[0] for s in subjects(page)} == {"Invoice"}


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("-updated_at", "VPN"),
        ("updated_at", "Printer"),
        ("-created_at", "VPN"),
        ("created_at", "Printer"),
        ("-priority", "Printer"),
        ("waiting_since&view=to_answer", "Printer"),
        ("-updated_at&view=to_answer", "VPN"),
        ("-priority&view=to_answer", "Printer"),
    ],
)
def test_every_order_is_the_one_it_says(desk: Visitor, sort: str, first: str):
    assert subjects(desk.get(f"{QUEUE}?sort={sort}"))[0].split()[0] == first


@pytest.mark.threat("queries made of text")
@pytest.mark.parametrize(
    "query",
    [
        "view=lost",
        "status=lost",
        "channel=owl",
        "assignee=x",
        "requester=-1",
        "sort=subject",
        "sort=id;drop",
        "cursor=x",
        "colour=red",
        "cursor=1",
        "cursor=99999999999999999999.1",
        "cursor=9223372036854775807.1",
        "q=" + "x" * 201,
        "tag=" + "x" * 201,
    ],
)
def test_what_is_no_filter_is_left_out_and_told(desk: Visitor, query: str):
    page = desk.get(f"{QUEUE}?{query}&priority=urgent")
    name, _, value = query.partition("=")
    assert page.one(class_="search-note").all("code")[0].text == f"{name}={value[:100]}"
    assert [subject.split()[0] for subject in subjects(page)] == ["Printer"]


@pytest.mark.threat("queries made of text")
@pytest.mark.parametrize("q", ["NEAR(", 'a" OR b', "*", "'", "%", "_", "a AND", "-", "((((", "\\"])
def test_no_search_text_breaks_the_page(desk: Visitor, q: str):
    desk.get(QUEUE, query_string={"q": q})


def test_the_views_carry_their_counts(desk: Visitor):
    views = desk.get(QUEUE).one("nav", class_="views")
    counts = {a.text.rpartition(" ")[0]: a.text.rpartition(" ")[2] for a in views.all("a")}
    assert counts == {
        "To answer": "4",
        "Unsolved": "4",
        "Mine": "1",
        "Unassigned": "2",
        "All tickets": "5",
    }


def test_htmx_gets_the_list_alone(desk: Visitor):
    page = desk.get(QUEUE, htmx=True)
    assert page.one(id="queue")
    assert not page.all("html")
    assert "HX-Request" in page.headers["Vary"]


def test_the_queue_does_not_exist_for_customers(desk: Visitor, customers: list[Visitor]):
    for customer in customers:
        customer.get(QUEUE, status=404)
    assert "/auth/login" in Visitor(desk.app).get(QUEUE, status=303).location
