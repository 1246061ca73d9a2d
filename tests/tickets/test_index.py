from collections.abc import Callable

import pytest
from flask import Flask

from tests import factories
from tests.cast import Cast
from tests.databases import BOTH
from tests.page import Visitor

pytestmark = BOTH


def subjects(visitor: Visitor, query: str = "") -> set[str]:
    page = visitor.get(f"/tickets/{query}")
    return {a.text for a in page.all("a") if a["href"].startswith("/tickets/REQ")}


@pytest.fixture
def filed(app: Flask, cast: Cast) -> None:
    factories.file_ticket(app, cast.ann, "Ann needs a printer")
    factories.file_ticket(app, cast.bob, "Bob needs a chair")
    factories.file_ticket(app, cast.carl, "Carl needs a printer")


@pytest.mark.usefixtures("filed")
def test_owners_see_the_organizations_tickets_and_users_their_own(
    visit: Callable[[], Visitor], cast: Cast
):
    assert subjects(visit().sign_in(cast.ann)) == {"Ann needs a printer", "Bob needs a chair"}
    assert subjects(visit().sign_in(cast.bob)) == {"Bob needs a chair"}
    assert subjects(visit().sign_in(cast.carl)) == {"Carl needs a printer"}
    assert subjects(visit().sign_in(cast.sam)) == set()


@pytest.mark.threat("foreign rows")
@pytest.mark.usefixtures("filed")
def test_search_and_filter_stay_within_what_one_may_see(visit: Callable[[], Visitor], cast: Cast):
    ann = visit().sign_in(cast.ann)
    assert subjects(ann, "?q=printers") == {"Ann needs a printer"}
    assert subjects(ann, "?q=Carl") == set()
    assert subjects(ann, "?status=solved") == set()
    assert subjects(ann, "?status=new") == {"Ann needs a printer", "Bob needs a chair"}
    assert subjects(visit().sign_in(cast.bob), "?requester=USR000001") == {"Bob needs a chair"}


def test_an_empty_list_says_what_to_do(client: Visitor, cast: Cast):
    assert "/tickets/new" in [a["href"] for a in client.sign_in(cast.ann).get("/tickets/").all("a")]


@pytest.mark.parametrize(
    "query", ["?status=lost", "?cursor=x", "?assignee=me", "?q=" + "x" * 201, "?cursor=1.2.3"]
)
@pytest.mark.usefixtures("filed")
def test_a_filter_that_is_none_is_left_out_and_told(client: Visitor, cast: Cast, query: str):
    page = client.sign_in(cast.ann).get(f"/tickets/{query}")
    assert "not know" in page.one(class_="search-note").text
    assert len({a["href"] for a in page.all("a") if a["href"].startswith("/tickets/REQ")}) == 2


def test_pages_follow_one_another_without_gap_or_repeat(client: Visitor, app: Flask, cast: Cast):
    for number in range(65):
        factories.file_ticket(app, cast.ann, f"Matter {number}")
    client.sign_in(cast.ann)
    seen: list[str] = []
    path = "/tickets/"
    for _ in range(3):
        page = client.get(path)
        seen += [a.text for a in page.all("a") if a["href"].startswith("/tickets/REQ")]
        path = next((a["href"] for a in page.all("a") if "cursor=" in a["href"]), "")
    assert not path
    assert seen == [f"Matter {number}" for number in reversed(range(65))]


def test_htmx_gets_the_list_alone(client: Visitor, cast: Cast):
    page = client.sign_in(cast.ann).get("/tickets/", htmx=True)
    assert page.one(id="ticket-list")
    assert not page.all("html")
