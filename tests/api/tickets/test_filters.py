"""What a program finds among the same few tickets."""

from collections.abc import Iterator

import pytest
from flask import Flask

from portal.models.tickets import Channel, FirstType
from tests import factories
from tests.api.api_client import ApiClient, token_of
from tests.api.tickets.test_tickets import numbers
from tests.cast import make_cast
from tests.databases import BOTH, unchanged

pytestmark = BOTH

FILTERS: list[tuple[str, list[int]]] = [
    ("", [3, 2, 1]),
    ("status=new", [3, 2]),
    ("status=open", [1]),
    ("priority=urgent", [2]),
    ("channel=page", [2, 1]),
    ("channel=api&status=new", [3]),
    ("channel=import", []),
    ("type=incident", [3]),
    ("type=problem", []),
    ("department=IT", [3]),
    ("department=it", []),
    ("department=IT&status=open", []),
    ("language=de", [3]),
    ("language=en&sort=updated_at", [2, 1]),
    ("type=incident&department=IT&language=de&created_since=2000-01-01T00:00:00Z", [3]),
    ("assignee=me", [1]),
    ("assignee=none", [3, 2]),
    ("assignee=USR000004", [1]),
    ("requester=USR000001", [1]),
    ("requester=me", []),
    ("organization=ORG000001", [2, 1]),
    ("organization=ORG000002", []),
    ("organization=ORG000003&status=new", [3]),
    ("q=frozen", [3]),
    ("q=REQ000002", [2]),
    ("q=carl%40example.com", [3]),
    ("q=nothing+like+it", []),
    ("tag=cold", [1]),
    ("sort=created_at", [1, 2, 3]),
    ("sort=-created_at", [3, 2, 1]),
    ("sort=-priority&limit=1", [2]),
    ("organization=ORG000001&sort=updated_at", [2, 1]),
    ("created_since=2000-01-01T00:00:00Z", [3, 2, 1]),
    ("created_since=2100-01-01T00:00:00Z", []),
    ("updated_since=2000-01-01T00:00:00Z&status=new", [3, 2]),
    ("updated_since=2100-01-01T00:00:00Z", []),
    ("updated_since=2000-01-01T03:00:00%2B03:00&sort=updated_at", [2, 1, 3]),
]
KIND = {"type": FirstType.INCIDENT, "department": "IT", "language": "de"}


@pytest.fixture(scope="module")
def readers(shared_app: Flask) -> Iterator[dict[str, ApiClient]]:
    """Sam, Ann and Carl, with three tickets of different kinds."""
    cast = make_cast(shared_app)
    factories.file_ticket(shared_app, cast.ann)
    factories.file_ticket(shared_app, cast.bob, "Slow")
    factories.file_ticket(shared_app, cast.carl, "Frozen pipe", channel=Channel.API, **KIND)
    sam = ApiClient(shared_app, token_of(shared_app, cast.sam))
    every = {"If-Match": "*"}
    sam.patch("/tickets/REQ000002", {"priority": "urgent"}, headers=every)
    sam.patch("/tickets/REQ000003", {"priority": "low"}, headers=every)
    change = {"assignee": "me", "status": "open", "tags": ["cold"]}
    sam.patch("/tickets/REQ000001", change, headers=every)
    sam.patch("/tickets/REQ000003", {"priority": "medium"}, headers=every)
    customers = {
        name: ApiClient(shared_app, token_of(shared_app, getattr(cast, name)))
        for name in ("ann", "carl")
    }
    with unchanged(shared_app):
        yield {"sam": sam, **customers}


@pytest.fixture
def desk(readers: dict[str, ApiClient]) -> ApiClient:
    return readers["sam"]


@pytest.mark.parametrize(("query", "expected"), FILTERS)
def test_each_filter_finds_what_it_says(desk: ApiClient, query: str, expected: list[int]) -> None:
    found = numbers(desk.get(f"/tickets?{query}"))
    wanted = [f"REQ00000{number}" for number in expected]
    assert (found if "sort" in query else sorted(found, reverse=True)) == wanted


@pytest.mark.threat("queries made of text")
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=nonsense", "status"),
        ("priority=5", "priority"),
        ("channel=owl", "channel"),
        ("type=owl", "type"),
        ("department=" + "x" * 101, "department"),
        ("language=English", "language"),
        ("type=incident&sort=-created_at", "sort"),
        ("department=IT&sort=created_at", "sort"),
        ("language=de&sort=-priority", "sort"),
        ("assignee=somebody", "assignee"),
        ("requester=%27OR+1%3D1", "requester"),
        ("organization=1", "organization"),
        ("sort=subject", "sort"),
        ("sort=-priority&requester=me", "sort"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=ten", "limit"),
        ("limit=1&limit=2", "limit"),
        ("limit=1&x=1", "x"),
        ("cursor=nonsense", "cursor"),
        ("cursor=99999999999999999999.1", "cursor"),
        ("cursor=1", "cursor"),
        ("q=" + "x" * 201, "q"),
        ("offset=5", "offset"),
        ("created_since=yesterday", "created_since"),
        ("updated_since=2026-11-21T00:00:00", "updated_since"),
        ("updated_since=2026-11-21T00:00:00Z&q=frozen", "updated_since"),
        ("created_since=2026-11-21T00:00:00Z&tag=cold", "created_since"),
        ("created_since=2026-11-21T00:00:00Z&sort=created_at", "sort"),
        ("updated_since=2026-11-21T00:00:00Z&sort=-priority", "sort"),
    ],
)
def test_what_a_list_does_not_know_is_named(desk: ApiClient, query: str, field: str) -> None:
    assert list(desk.get(f"/tickets?{query}", 422).errors) == [field]


@pytest.mark.threat("foreign rows")
@pytest.mark.parametrize(("person", "expected"), [("carl", ["REQ000003"]), ("ann", [])])
def test_customers_ask_for_kinds_among_what_they_see(
    readers: dict[str, ApiClient], person: str, expected: list[str]
) -> None:
    found = readers[person].get("/tickets?type=incident&department=IT&language=de")
    assert numbers(found) == expected
