"""The types of tickets on `/admin/departments`, and what their list does elsewhere."""

from collections.abc import Callable

import pytest
from flask import Flask

from portal.extensions import db
from portal.importers.columns import SYSTEMS
from portal.importers.fields import Field
from portal.importers.words import Words
from portal.models.tickets import Ticket
from tests import factories
from tests.api.api_client import ApiClient, key_of
from tests.cast import Cast
from tests.page import Page, Visitor

PAGE = "/admin/departments"
TYPES = f"{PAGE}/types"


@pytest.fixture
def ada(visit: Callable[[], Visitor], cast: Cast) -> Visitor:
    return visit().sign_in(cast.ada)


def listed(page: Page) -> list[tuple[str, str]]:
    found = page.one("section", id="types").all("summary")
    return [(one.one("code").text, one.one("strong").text) for one in found]


def offered(page: Page) -> list[str]:
    menu = page.one("details", id="menu-type")
    return [choice["value"] or "" for choice in menu.all("button")]


FIRST = [
    ("incident", "Incident"),
    ("request", "Request"),
    ("problem", "Problem"),
    ("change", "Change"),
]


def test_types_are_added_named_ordered_and_offered_no_more(ada: Visitor):
    assert listed(ada.get(PAGE)) == FIRST
    for name in ("Feature wish", "Пожелание"):
        ada.post(TYPES, {"name": name}, 303)
    added = [("feature-wish", "Feature wish"), ("type-6", "Пожелание")]
    assert listed(ada.get(PAGE)) == [*FIRST, *added]
    ada.post(f"{TYPES}/feature-wish/move", {"by": "up"}, 303)
    ada.post(f"{TYPES}/incident", {"name": "Fault", "active": "1"}, 303)
    ada.post(f"{TYPES}/change", {"name": ""}, 303)
    page = ada.get(PAGE)
    assert listed(page)[0] == ("incident", "Fault")
    assert listed(page)[3:5] == [("feature-wish", "Feature wish"), ("change", "Change")]
    assert "offered no more" in page.one("li", id="type-change").text
    assert "Type of tickets changed" in ada.get("/account/log").words
    ada.post(f"{TYPES}/incident", {"name": "", "active": "1"}, 303)
    assert listed(ada.get(PAGE))[0] == ("incident", "Incident")
    ada.post(f"{TYPES}/riddle", {"name": "Riddle"}, 404)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Please fill this in."),
        ("Wish", "There is one of this name."),
        ("problem", "There is one of this name."),
        ("x" * 61, "too long"),
    ],
)
def test_a_name_that_cannot_be_is_refused_at_its_field(ada: Visitor, name: str, sentence: str):
    ada.post(TYPES, {"name": "Wish"}, 303)
    assert sentence in ada.post(TYPES, {"name": name}, 422).one("p", id="new-type-error").text
    ada.post(TYPES, {"name": "Praise"}, 303)
    page = ada.post(f"{TYPES}/praise", {"name": name, "active": "1"}, 422)
    assert sentence in page.one("p", id="type-praise-name-error").text


def test_a_type_of_ones_own_goes_where_the_first_ones_go(
    ada: Visitor, visit: Callable[[], Visitor], app: Flask, cast: Cast
):
    ada.post(TYPES, {"name": "Wish"}, 303)
    ada.post(f"{TYPES}/change", {"name": ""}, 303)
    filed = factories.file_ticket(app, cast.ann)
    sam, url = visit().sign_in(cast.sam), f"/tickets/{filed.number}"
    keys = ["", "incident", "request", "problem", "wish"]
    assert offered(sam.get(url)) == keys
    sam.post(f"{url}/type", {"type": "wish"}, 303)
    assert "set the type to Wish" in sam.get(url).words
    sam.post(f"{url}/type", {"type": "change"}, 422)
    queue = sam.get("/tickets/queue?view=all&type=wish")
    assert filed.number in queue.text and "Type: Wish" in queue.words
    assert filed.number in sam.get("/tickets/queue?view=all&q=type:wish").text
    fields = {"numbers": filed.number, "action": "type:request", "next": "/tickets/queue"}
    sam.post("/tickets/queue/bulk", fields, 303)
    program = ApiClient(app, key_of(app, cast.sam))
    assert program.get(f"/tickets/{filed.number}").json["type"] == "request"
    assert program.get("/tickets?type=wish").json["items"] == []
    program.get("/tickets?type=owl", 422)
    body = {"subject": "A door", "message": "It squeaks.", "type": "wish"}
    assert program.post("/tickets", body, 201).json["type"] == "wish"
    program.post("/tickets", {**body, "type": "change"}, 422)
    # What is offered no more stays where it is, under its name.
    ada.post(f"{TYPES}/request", {"name": ""}, 303)
    assert offered(sam.get(url)) == ["", "incident", "request", "problem", "wish"]


def test_customers_choose_where_the_setting_says_so(
    ada: Visitor, visit: Callable[[], Visitor], app: Flask, cast: Cast
):
    ann = visit().sign_in(cast.ann)
    assert not ann.get("/tickets/new").all("select", name="type")
    app.config["TYPE_CHOICE"] = True
    choices = ann.get("/tickets/new").one("select", name="type").all("option")
    assert [one["value"] or "" for one in choices] == ["", *(key for key, _name in FIRST)]
    fields = {"subject": "A door", "message": "It squeaks.", "priority": "low"}
    ann.post("/tickets/new", {**fields, "type": "riddle"}, 422)
    ann.post("/tickets/new", {**fields, "type": "problem"}, 303)
    with app.app_context():
        assert db.session.query(Ticket).one().type == "problem"


def test_an_import_knows_the_desks_own_types():
    words = Words(SYSTEMS["zendesk"], {}, {"wish": "wish", "Ein Wunsch": "wish"})
    told = [words.translate(Field.TYPE, text) for text in ("ein  wunsch", "Wish", "question", "x")]
    assert told == ["wish", "wish", "request", None]
