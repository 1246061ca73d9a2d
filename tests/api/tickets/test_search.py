"""The search language in the API's `q`."""

from collections.abc import Iterator

import pytest
from flask import Flask

from portal.errors import TooBroad
from portal.queries.tickets.lists import ticket_list
from portal.search_language.fields import FIELDS
from tests import factories
from tests.api.api_client import ApiClient, token_of
from tests.api.tickets.test_tickets import numbers
from tests.cast import Cast, make_cast
from tests.databases import unchanged


@pytest.fixture(scope="module")
def people(shared_app: Flask) -> Cast:
    return make_cast(shared_app)


@pytest.fixture(scope="module")
def ann(shared_app: Flask, people: Cast) -> ApiClient:
    return ApiClient(shared_app, token_of(shared_app, people.ann))


@pytest.fixture(scope="module")
def desk(shared_app: Flask, people: Cast, ann: ApiClient) -> Iterator[ApiClient]:
    """Sam, with two tickets of Ann's, of which the first is his, and one of Carl's."""
    factories.file_ticket(shared_app, people.ann, "Hot water")
    factories.file_ticket(shared_app, people.ann, "Cold water")
    factories.file_ticket(shared_app, people.carl, "Frozen pipe")
    sam = ApiClient(shared_app, token_of(shared_app, people.sam))
    change = {"assignee": "me", "priority": "high"}
    sam.patch("/tickets/REQ000001", change, headers={"If-Match": "*"})
    with unchanged(shared_app):
        yield sam


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("assignee:me", [1]),
        ("water -assignee:me", [2]),
        ('"hot water"', [1]),
        ("priority>=high OR from:carl", [3, 1]),
        ("organization:acme", [2, 1]),
        ("created:today", [3, 2, 1]),
        ('water "', [2, 1]),
    ],
)
def test_the_staff_search_by_fields(desk: ApiClient, q: str, expected: list[int]):
    found = numbers(desk.get("/tickets", query_string={"q": q}))
    assert sorted(found, reverse=True) == [f"REQ00000{number}" for number in expected]


def test_a_mistake_is_answered_with_its_place_and_what_was_meant(desk: ApiClient):
    answer = desk.get("/tickets", query_string={"q": "water status:opn created:soon"}, status=422)
    first, second = answer.json["errors"]["q"]
    assert first == {
        "code": "unknown_value",
        "detail": "“opn” is none of: new, open, pending, on_hold, solved, closed.",
        "start": 13,
        "end": 16,
        "meant": "water status:open created:soon",
    }
    assert (second["code"], second["start"], second["end"]) == ("no_day", 25, 29)
    assert "meant" not in second


def test_pages_of_a_search_by_fields_follow_one_another(desk: ApiClient):
    for q in ("status:new,open", "water", "from:USR000001", "-status:closed"):
        seen: list[str] = []
        more = {}
        while True:
            answer = desk.get("/tickets", query_string={"q": q, "limit": 1, **more})
            seen += numbers(answer)
            if answer.json["next"] is None:
                break
            more = {"cursor": answer.json["next"]}
        assert len(seen) == len(set(seen)) >= 2


@pytest.mark.parametrize(("q", "sort"), [("status:new", "-priority"), ("water", "-created_at")])
def test_an_order_that_there_is_can_be_asked_for(desk: ApiClient, q: str, sort: str):
    desk.get("/tickets", query_string={"q": q, "sort": sort})


def test_an_order_that_there_is_not_is_refused(desk: ApiClient):
    answer = desk.get("/tickets", query_string={"q": "water", "sort": "-priority"}, status=422)
    assert answer.json["errors"]["sort"][0]["code"] == "not_with_this"


@pytest.mark.threat("foreign rows")
@pytest.mark.parametrize("q", ["assignee:sam", "status:opn", "from:carl", "organization:carl"])
@pytest.mark.usefixtures("desk")
def test_for_customers_fields_are_words(ann: ApiClient, q: str):
    assert numbers(ann.get("/tickets", query_string={"q": q})) == []


def test_a_search_that_reads_too_much_is_refused(desk: ApiClient, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_args: object, **_more: object) -> None:
        raise TooBroad

    monkeypatch.setattr(ticket_list, "full_page", refuse)
    answer = desk.get("/tickets", query_string={"q": "-status:open"}, status=422)
    assert answer.json["code"] == "too_broad"


def test_the_document_names_every_field_and_its_values(desk: ApiClient):
    document = desk.get("/openapi.json").json
    parameters = document["paths"]["/api/v1/tickets"]["get"]["parameters"]
    (q,) = (one for one in parameters if one.get("name") == "q")
    for field in FIELDS.values():
        assert f"`{field.name}`" in q["description"]
        assert all(f"`{value}`" in q["description"] for value in field.values)
