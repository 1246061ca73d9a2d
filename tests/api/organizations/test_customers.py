"""What staff read of organizations and of what somebody has asked for."""

import pytest
from flask import Flask

from tests import factories
from tests.api.api_client import ApiClient, token_of
from tests.api.conftest import Call
from tests.cast import Cast
from tests.databases import BOTH

pytestmark = BOTH


@pytest.fixture
def sam(app: Flask, cast: Cast) -> ApiClient:
    return ApiClient(app, token_of(app, cast.sam))


def names(reply_json: dict[str, list[dict[str, str]]]) -> list[str]:
    return [item["name"] for item in reply_json["items"]]


def test_organizations_come_in_pages(sam: ApiClient) -> None:
    first = sam.get("/organizations?limit=2").json
    assert names(first) == ["Carl", "Lodge desk"]
    second = sam.get(f"/organizations?limit=2&cursor={first['next']}").json
    assert (names(second), second["next"]) == (["Acme"], None)


def test_organizations_are_found_by_the_beginning_of_their_names(sam: ApiClient) -> None:
    assert names(sam.get("/organizations?q=LODGE").json) == ["Lodge desk"]
    assert names(sam.get("/organizations?q=desk").json) == []
    assert names(sam.get("/organizations?q=%25").json) == []


def test_the_tickets_of_a_person_come_in_pages(app: Flask, sam: ApiClient, cast: Cast) -> None:
    for subject in ("One", "Two", "Three"):
        factories.file_ticket(app, cast.ann, subject)
    factories.file_ticket(app, cast.bob, "Another's")
    first = sam.get("/people/USR000001/tickets?limit=2").json
    assert [ticket["subject"] for ticket in first["items"]] == ["Three", "Two"]
    rest = sam.get(f"/people/USR000001/tickets?cursor={first['next']}").json
    assert [ticket["subject"] for ticket in rest["items"]] == ["One"]
    assert sam.get("/people/me/tickets").json["items"] == []


def test_nobody_has_no_tickets(sam: ApiClient) -> None:
    for word in ("USR000999", "somebody", "0"):
        assert sam.get(f"/people/{word}/tickets", 404).code == "not_found"


@pytest.mark.threat("rules in the browser alone")
def test_customers_read_none_of_it(call: Call, cast: Cast) -> None:
    for path in ("/organizations", "/people/USR000001/tickets", "/people/me/tickets"):
        assert call(cast.ann).get(path, 403).code == "forbidden"
