from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from portal.extensions import db
from portal.models.tickets import SavedView, Ticket
from portal.queries.tickets.lists import capped_counts
from portal.services.tickets import saved_views
from portal.services.tickets import tickets as ticket_services
from tests import factories
from tests.cast import Cast
from tests.page import Page, Visitor

VIEWS = "/tickets/queue/views"
NEW = f"{VIEWS}/new"
URGENT = "view=all&priority=urgent"


@pytest.fixture(autouse=True)
def uncounted(app: Flask):
    app.extensions.pop("lodge.view_counts", None)


@pytest.fixture
def sam(client: Visitor, cast: Cast) -> Visitor:
    return client.sign_in(cast.sam)


def save(app: Flask, cast: Cast, name: str, query: str = URGENT, **options: object) -> int:
    """A view of Sam's."""
    with factories.writing(app):
        view = saved_views.create(actor=cast.sam, name=name, query=query, **options)  # type: ignore[arg-type]
        return view.id


def file(app: Flask, cast: Cast, number: int, word: str = "urgent") -> None:
    for count in range(number):
        filed = factories.file_ticket(app, cast.ann, f"Matter {count}")
        with factories.writing(app):
            ticket = db.session.get_one(Ticket, filed.id)
            priority = ticket_services.Priority.from_word(word)
            ticket_services.set_priority(actor=cast.sam, ticket=ticket, priority=priority)


def rail(page: Page) -> dict[str, str]:
    """Names and counts of saved views."""
    links = page.one("div", id="saved-views").all("a", hx_get=True)
    return {link.all("span")[0].text: link.one("span", class_="count").text for link in links}


def shown(page: Page) -> int:
    return len(page.all("tr")[1:])


def test_a_filter_becomes_a_view_without_scripts(
    sam: Visitor, visit: Callable[[], Visitor], cast: Cast, app: Flask
):
    file(app, cast, 1)
    file(app, cast, 1, "low")
    page = sam.get(f"/tickets/queue?{URGENT}")
    form = sam.get(next(a["href"] for a in page.all("a") if a.text == "Save as a view"))
    assert "Priority: Urgent" in form.words
    query = form.one("input", name="query")["value"]
    page = sam.post(NEW, {"name": "On fire", "query": query, "key": "3", "shared": "1"})
    page = sam.follow(page)
    assert "“On fire” is saved." in page.words
    assert (shown(page), list(rail(page))) == (1, ["On fire"])
    current = page.one("div", id="saved-views").one("a", aria_current="page")
    assert current["href"] == "/tickets/queue?saved=1"
    other = visit().sign_in(cast.sue).get("/tickets/queue?saved=1")
    assert (shown(other), list(rail(other))) == (1, ["On fire"])


def test_the_first_page_and_its_views_are_named(sam: Visitor, cast: Cast, app: Flask):
    number = save(app, cast, "On fire")
    said = sam.get(f"/tickets/queue?saved={number}", htmx=True)
    assert "On fire: 0 tickets." in said.words


def test_a_changed_view_says_so_and_is_saved_or_reset(sam: Visitor, cast: Cast, app: Flask):
    number = save(app, cast, "On fire")
    page = sam.get(f"/tickets/queue?saved={number}")
    assert "”, changed" not in page.words
    page = sam.get(page.one("a", id="chip-priority")["href"])
    assert "“On fire”, changed" in page.words
    assert page.one("form", id="filters").one("input", name="saved")["value"] == str(number)
    form = next(f for f in page.all("form", action=True) if f["action"].endswith("/filter"))
    query = form.one("input", name="query")["value"]
    page = sam.follow(sam.post(form["action"], {"query": query}))
    assert "”, changed" not in page.words
    assert "Urgent" not in sam.get(VIEWS).words


def test_the_pages_of_a_view_stay_in_it(sam: Visitor, cast: Cast, app: Flask):
    file(app, cast, 31)
    number = save(app, cast, "On fire")
    page = sam.get(f"/tickets/queue?saved={number}")
    following = page.one("a", id="page-next")["href"]
    assert parse_qs(urlsplit(following).query)["saved"] == [str(number)]
    page = sam.get(following)
    assert (shown(page), "”, changed" in page.words) == (1, False)


def test_counts_are_asked_for_once_the_page_is_there(sam: Visitor, cast: Cast, app: Flask):
    file(app, cast, 2)
    save(app, cast, "On fire")
    page = sam.get("/tickets/queue")
    assert rail(page) == {"On fire": ""}
    url = page.one("div", id="saved-views")["hx-get"]
    assert rail(sam.get(url, htmx=True)) == {"On fire": "2"}
    page = sam.get("/tickets/queue")
    assert rail(page) == {"On fire": "2"}
    assert page.one("div", id="saved-views").get("hx-get") is None


def test_counts_end_at_a_hundred(
    sam: Visitor, cast: Cast, app: Flask, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(capped_counts, "MANY", 2)
    monkeypatch.setattr("portal.tickets.lists.queue_views.MANY", 2)
    file(app, cast, 3)
    save(app, cast, "On fire")
    assert rail(sam.get(f"{VIEWS}/counts", htmx=True)) == {"On fire": "2+"}


def test_a_count_that_takes_too_long_is_left_out(
    sam: Visitor, cast: Cast, app: Flask, monkeypatch: pytest.MonkeyPatch
):
    file(app, cast, 1)
    save(app, cast, "On fire")
    monkeypatch.setattr(capped_counts, "SECONDS", 0.0)
    assert rail(sam.get(f"{VIEWS}/counts", htmx=True)) == {"On fire": ""}


def test_views_are_renamed_ordered_and_deleted_without_scripts(
    sam: Visitor, cast: Cast, app: Flask
):
    first, second = save(app, cast, "One"), save(app, cast, "Two")
    moves = sam.get(VIEWS).all("button", name="by")
    assert [button["value"] for button in moves] == ["down", "up"]
    sam.post(f"{VIEWS}/{second}/order", {"by": "up"})
    assert list(rail(sam.get("/tickets/queue"))) == ["Two", "One"]
    page = sam.follow(sam.post(f"{VIEWS}/{first}", {"name": "Uno", "key": "4"}))
    assert "“Uno” is saved." in page.words
    page = sam.post(f"{VIEWS}/{second}", {"name": "Dos", "key": "4"}, status=422)
    assert "Another view has this key." in page.words
    assert page.one("input", id=f"name-{second}")["value"] == "Dos"
    page = sam.follow(sam.post(f"{VIEWS}/{second}/delete"))
    assert "Its tickets are where they were." in page.words
    assert list(rail(sam.get("/tickets/queue"))) == ["Uno"]


def test_a_view_whose_person_and_tag_are_gone_says_so_and_can_be_mended(
    sam: Visitor, cast: Cast, app: Flask
):
    number = save(app, cast, "Old", "view=all&assignee=USR999999&tag=nothing&priority=urgent")
    page = sam.get(f"/tickets/queue?saved={number}")
    assert "What “Old” asks for is gone: Assignee: USR999999, Tag: nothing." in page.words
    page = sam.get(page.one("a", id="view-mend")["href"])
    assert "is gone" not in page.words
    assert "“Old”, changed" in page.words
    assert page.one("button", id="view-save")


def test_a_view_from_another_version_says_what_it_cannot_ask_for(
    sam: Visitor, cast: Cast, app: Flask
):
    number = save(app, cast, "Old")
    with factories.writing(app):
        db.session.get_one(SavedView, number).query = "status=snoozed&view=all"
    page = sam.get(f"/tickets/queue?saved={number}")
    assert "What “Old” asks for is gone: status=snoozed." in page.words
    assert page.one("button", id="view-save")
    assert "status=snoozed" in sam.get(VIEWS).words


@pytest.mark.parametrize("asked", ["99", "1", "x", "9" * 30])
def test_a_view_that_is_not_ones_own_or_was_deleted_is_one_that_is_not_there(
    visit: Callable[[], Visitor], cast: Cast, app: Flask, asked: str
):
    save(app, cast, "Sam's secret")
    page = visit().sign_in(cast.sue).get(f"/tickets/queue?saved={asked}")
    assert "There is no such view any more" in page.words
    assert "secret" not in page.text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": ""}, "Please fill this in."),
        ({"name": "x" * 61}, "This is too long."),
        ({"name": "A", "key": "11"}, "Please choose one of the list."),
        ({"name": "A", "query": "status=odd"}, "This filter is none that the queue has."),
    ],
)
def test_a_view_that_cannot_be_saved_keeps_what_was_typed(
    sam: Visitor, fields: dict[str, str], words: str
):
    page = sam.post(NEW, {"query": URGENT, **fields}, status=422)
    assert words in page.words
    assert page.one("input", name="name")["value"] == fields["name"]


def test_an_order_that_is_none_is_refused(sam: Visitor, cast: Cast, app: Flask):
    number = save(app, cast, "One")
    sam.post(f"{VIEWS}/{number}/order", {"by": "sideways"}, status=422)
    sam.post(f"{VIEWS}/{number}/filter", {"query": "sort=sideways"}, status=422)
    sam.post(f"{VIEWS}/99/delete", status=404)
    sam.get(f"{VIEWS}/{number}/delete", 405)


@pytest.mark.threat("foreign rows")
def test_customers_and_strangers_know_nothing_of_views(
    visit: Callable[[], Visitor], cast: Cast, app: Flask
):
    own, shared = save(app, cast, "Own"), save(app, cast, "Shared", shared=True)
    ann, sue = visit().sign_in(cast.ann), visit().sign_in(cast.sue)
    for path in (VIEWS, NEW, f"{VIEWS}/counts"):
        ann.get(path, 404)
        assert visit().get(path, 303).location.startswith("/auth/login")
    for way in ("", "/filter", "/order", "/delete"):
        fields = {"name": "Taken", "query": URGENT, "by": "up"}
        ann.post(f"{VIEWS}/{shared}{way}", fields, status=404)
        sue.post(f"{VIEWS}/{own}{way}", fields, status=404)
        sue.post(f"{VIEWS}/{shared}{way}", fields, status=403)
    assert list(rail(sue.get("/tickets/queue"))) == ["Shared"]
    assert "Own" not in sue.get(VIEWS).words
