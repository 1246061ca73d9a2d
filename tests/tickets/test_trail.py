"""From one ticket to the next of the view one came from, without scripts."""

from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models.people import AfterSending
from portal.models.tickets import Priority, Ticket
from portal.queries.tickets.lists.ticket_filter import Sort
from portal.services.tickets import tickets
from portal.tickets import trail
from tests import factories
from tests.cast import Cast
from tests.page import Visitor

SUBJECTS = ["Lift", "Lamp", "Door", "Radiator", "Window"]


@pytest.fixture
def sam(app: Flask, client: Visitor, cast: Cast) -> Visitor:
    for at, subject in enumerate(SUBJECTS):
        factories.file_ticket(app, cast.ann, subject, priority=list(Priority)[at % 4])
    return client.sign_in(cast.sam)


def rows(sam: Visitor, query: str) -> list[str]:
    """The addresses of the rows' tickets, with the trail."""
    page = sam.get(f"/tickets/queue?{query}")
    return [
        link["href"].partition("#")[0]
        for link in page.all("a", href=True)
        if "?from=" in link["href"] and "/REQ" in link["href"]
    ]


def path(address: str) -> str:
    return address.partition("?")[0]


def step(sam: Visitor, address: str, rel: str) -> str:
    link = sam.get(address).one("a", rel=rel)
    return sam.get(link["href"], 303).location


@pytest.mark.parametrize("sort", Sort)
def test_the_list_is_walked_down_and_up_again_in_each_order(sam: Visitor, sort: Sort):
    listed = rows(sam, f"view=all&sort={sort}")
    walked = [listed[0]]
    for _ in listed[1:]:
        walked.append(step(sam, walked[-1], "next"))
    assert [path(one) for one in walked] == [path(one) for one in listed]
    for before in reversed(listed[:-1]):
        walked.append(step(sam, walked[-1], "prev"))
        assert path(walked[-1]) == path(before)


@pytest.mark.parametrize(
    "query",
    [
        "view=all&q=lift+OR+lamp+OR+door",
        "q=window+OR+door&sort=-created_at",
        "q=-lift+status:new",
        "q=is:unassigned&sort=updated_at",
        "view=all&tag=lost",
        "status=new&assignee=none&sort=-priority",
        "requester=USR000001",
        "view=to_answer",
        "view=to_answer&sort=-priority",
    ],
)
def test_a_search_and_a_filter_are_walked_too(app: Flask, sam: Visitor, cast: Cast, query: str):
    with factories.writing(app):
        for ticket in db.session.scalars(select(Ticket).where(Ticket.id > 2)):
            tickets.set_tags(actor=cast.sam, ticket=ticket, names=["lost"])
    listed = rows(sam, query)
    walked = listed[:1]
    for _ in listed[1:]:
        walked.append(step(sam, walked[-1], "next"))
    assert [path(one) for one in walked] == [path(one) for one in listed]
    assert len(walked) > 1
    assert "/tickets/queue?" in step(sam, walked[-1], "next")


@pytest.mark.parametrize("sort", Sort)
def test_each_ticket_is_answered_once(sam: Visitor, sort: Sort):
    """Each answer moves its ticket in the list."""
    here, answered = rows(sam, f"view=all&sort={sort}")[0], []
    while "/queue" not in here:
        answered.append(path(here))
        here = answer(sam, here)
    assert sorted(answered) == [f"/tickets/REQ{number:06d}" for number in range(1, 6)]
    assert "This was the last ticket of the view." in sam.get(here).words


def answer(sam: Visitor, here: str, **fields: str) -> str:
    """Where the answer to the ticket leads."""
    return sam.post(f"{path(here)}/comments", {**hidden(sam, here), **fields}).location


def hidden(sam: Visitor, here: str) -> dict[str, str]:
    """What the form of the ticket's page sends, with an answer."""
    page = sam.get(here)
    sent = {name: page.one("input", name=name)["value"] for name in ("from", "at", "version")}
    return {**sent, "message": "Done."}


def test_one_goes_where_one_has_chosen(app: Flask, sam: Visitor, cast: Cast):
    first, second, *_ = rows(sam, "view=all&sort=created_at")
    factories.go_on(app, AfterSending.STAY)
    stayed = answer(sam, first)
    assert path(stayed) == path(first)
    # The place stays what it was: the next ticket is the one after it.
    assert path(step(sam, stayed, "next")) == path(second)
    factories.go_on(app, AfterSending.LIST)
    assert answer(sam, first) == "/tickets/queue?view=all&sort=created_at"
    assert path(answer(sam, first, status="solved:next")) == path(second)
    assert "Sent to Ann Archer. Status: Solved." in sam.get(second).words


def test_a_note_stays_at_its_ticket(sam: Visitor):
    first = rows(sam, "view=all")[0]
    assert path(answer(sam, first, internal="1")) == path(first)


def test_who_came_from_no_view_stays(sam: Visitor):
    answered = sam.post("/tickets/REQ000001/comments", {"message": "Done."}).location
    assert answered == "/tickets/REQ000001"
    assert not sam.get(answered).all(class_="way")


def test_a_property_leads_back_to_the_same_place(sam: Visitor):
    first = rows(sam, "view=all&sort=-updated_at")[0]
    here = f"http://localhost{first}"
    changed = sam.post(f"{path(first)}/priority", {"priority": "low"}, headers={"Referer": here})
    assert path(changed.location) == path(first)
    assert sam.get(changed.location).one("a", rel="next")


@pytest.mark.parametrize(
    "rubbish", ["sort=sideways", "view=none", "%00", "cursor=9.9.9&saved=x", "a" * 2000]
)
@pytest.mark.parametrize("at", ["", "x", "1.2.3.4", "-1", "9" * 70])
def test_a_view_that_is_none_leads_to_the_queue(sam: Visitor, rubbish: str, at: str):
    here = f"/tickets/REQ000003/next?from={quote(rubbish)}&at={at}"
    assert sam.get(here, 303).location.partition("?")[0].startswith("/tickets/")
    sam.get(f"/tickets/REQ000003?from={quote(rubbish)}&at={at}")


def test_a_trail_is_for_staff(sam: Visitor, cast: Cast):
    ann = sam.sign_in(cast.ann)
    assert not ann.get("/tickets/REQ000001?from=view%3Dall").all(class_="way")
    ann.get("/tickets/REQ000001/next?from=view%3Dall", 404)
    ann.get("/tickets/REQ000001/previous?from=view%3Dall", 404)


def test_what_is_no_ticket_has_no_neighbour(sam: Visitor):
    for number in ("REQ000099", "REQ1", "nothing"):
        sam.get(f"/tickets/{number}/next?from=view%3Dall", 404)


HEADERS = {
    "HX-Current-URL": "http://localhost/tickets/queue?view=all&open=REQ000005",
    "HX-Target": "section#panel",
}


class TestBeside:
    """The same beside the list, as htmx asks for it."""

    def test_list_and_ticket_have_one_address(self, sam: Visitor):
        page = sam.get("/tickets/queue?view=all&open=REQ000002")
        assert page.one(id="panel-title").text == "Lamp"
        assert "REQ000002 Lamp" in page.one("title").text
        assert len(page.one(id="rows").all("tr")) == 5
        assert page.one("a", data_close=True)["href"] == "/tickets/queue?view=all"
        sam.get("/tickets/queue?open=REQ000099", 404)

    def test_a_ticket_that_is_opened_gives_its_address(self, sam: Visitor):
        first = rows(sam, "view=all")[0]
        opened = sam.get(
            first, htmx=True, headers={"HX-Current-URL": "http://localhost/tickets/queue?view=all"}
        )
        assert opened.headers["HX-Push-Url"] == "/tickets/queue?view=all&open=REQ000005"
        assert opened.one("title").text.startswith("REQ000005 Window")
        after = sam.get(rows(sam, "view=all")[1], htmx=True, headers=HEADERS)
        assert after.headers["HX-Replace-Url"] == "/tickets/queue?view=all&open=REQ000004"

    def test_an_answer_brings_the_next_one(self, sam: Visitor):
        first = rows(sam, "view=all")[0]
        fields = {**hidden(sam, first), "status": "solved:next"}
        answered = sam.post(f"{path(first)}/comments", fields, 200, htmx=True, headers=HEADERS)
        assert answered.one(id="panel-title").text == "Radiator"
        assert answered.headers["HX-Retarget"] == "#panel"
        assert "Sent to Ann Archer. Status: Solved." in answered.words

    def test_after_the_last_one_the_list_is_alone(self, sam: Visitor):
        last = rows(sam, "view=all")[-1]
        answered = sam.post(
            f"{path(last)}/comments", hidden(sam, last), 200, htmx=True, headers=HEADERS
        )
        assert answered.one(id="panel").get("hidden") is not None
        assert "This was the last ticket of the view." in answered.words
        assert answered.headers["HX-Push-Url"] == "/tickets/queue?view=all"

    def test_at_the_end_of_the_view_nothing_moves(self, sam: Visitor):
        last = sam.get(rows(sam, "view=all")[-1]).one("a", rel="next")["href"]
        end = sam.get(last, htmx=True, headers=HEADERS)
        assert end.headers["HX-Reswap"] == "none"
        assert "This was the last ticket of the view." in end.words

    def test_on_a_page_of_its_own_the_next_one_is_a_page(self, sam: Visitor):
        first, second, *_ = rows(sam, "view=all")
        headers = {"HX-Current-URL": f"http://localhost{first}"}
        answered = sam.post(
            f"{path(first)}/comments", hidden(sam, first), 200, htmx=True, headers=headers
        )
        assert path(answered.headers["HX-Redirect"]) == path(second)


@pytest.mark.parametrize(
    "query", [*(f"view=all&sort={sort}" for sort in Sort), "view=unsolved&q=please", "q=status:new"]
)
def test_a_page_says_where_in_the_view_one_is(sam: Visitor, query: str):
    listed = rows(sam, query)
    places = [sam.get(address).one("nav", class_="way").text for address in listed]
    assert len(listed) > 1
    assert places == [f"{at} of {len(listed)}" for at in range(1, len(listed) + 1)]


def test_a_place_is_told_as_far_as_one_counts_and_not_of_a_ticket_that_has_left(
    sam: Visitor, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(trail, "MANY", 2)
    monkeypatch.setattr(trail, "_FAR", 3)
    listed = rows(sam, "view=unsolved")
    places = [sam.get(address).one("nav", class_="way").text for address in listed]
    assert places == ["1 of 2+", "2 of 2+", "3 of 3+", "", ""]
    sam.post(f"{path(listed[0])}/status", {"status": "solved"})
    assert sam.get(listed[0]).one("nav", class_="way").text == ""
