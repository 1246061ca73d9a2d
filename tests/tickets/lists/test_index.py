from collections.abc import Callable

import pytest
from flask import Flask

from portal.extensions import db
from portal.models.tickets import Ticket, TicketStatus
from portal.services.tickets import tickets
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


def waits(app: Flask, cast: Cast, filed: factories.Filed, question: str) -> None:
    factories.post_comment(app, cast.sam, filed, question, status=TicketStatus.PENDING)


def box(visitor: Visitor, query: str = "") -> str:
    found = visitor.get(f"/tickets/{query}").all("section", class_="questions")
    return found[0].text if found else ""


def test_what_waits_for_an_answer_stands_on_top_with_its_question(
    client: Visitor, app: Flask, cast: Cast
):
    filed = factories.file_ticket(app, cast.bob, "No hot water")
    waits(app, cast, filed, "Thank you. Is the **valve** open?")
    factories.post_comment(app, cast.sue, filed, "He never answers, does he?", internal=True)
    shown = client.sign_in(cast.bob).get("/tickets/").one("section", class_="questions")
    assert "1 ticket needs your answer" in shown.text
    assert "Sam Smith asks: Is the valve open?" in shown.text
    assert "never" not in shown.text
    assert f"/tickets/{filed.number}#message" in [a["href"] for a in shown.all("a")]


def test_only_who_asked_is_to_answer(visit: Callable[[], Visitor], app: Flask, cast: Cast):
    waits(app, cast, factories.file_ticket(app, cast.bob), "Is the valve open?")
    assert "Is the valve open?" in box(visit().sign_in(cast.bob))
    for other in (cast.ann, cast.carl, cast.sam):
        assert not box(visit().sign_in(other))


def test_nothing_is_asked_once_it_is_answered_solved_or_gone(
    client: Visitor, app: Flask, cast: Cast
):
    filed = [factories.file_ticket(app, cast.bob, f"Matter {number}") for number in range(3)]
    for ticket in filed:
        waits(app, cast, ticket, "Is it so?")
    bob = client.sign_in(cast.bob)
    assert "3 tickets need your answer" in box(bob)
    factories.post_comment(app, cast.bob, filed[0], "It is.")
    with factories.writing(app):
        rows = [db.session.get_one(Ticket, ticket.id) for ticket in filed]
        tickets.set_status(actor=cast.sam, ticket=rows[1], status=TicketStatus.SOLVED)
        tickets.delete(actor=cast.sam, ticket=rows[2])
    assert not box(bob)


def test_a_ticket_that_waits_without_a_question_is_named(client: Visitor, app: Flask, cast: Cast):
    filed = factories.file_ticket(app, cast.bob, "No hot water")
    with factories.writing(app):
        row = db.session.get_one(Ticket, filed.id)
        tickets.set_status(actor=cast.sam, ticket=row, status=TicketStatus.PENDING)
    assert "No hot water" in box(client.sign_in(cast.bob))


def test_more_than_fit_are_a_link(client: Visitor, app: Flask, cast: Cast):
    for number in range(7):
        waits(app, cast, factories.file_ticket(app, cast.ann, f"Matter {number}"), "Is it so?")
    ann = client.sign_in(cast.ann)
    shown = ann.get("/tickets/").one("section", class_="questions")
    assert len(shown.all("li")) == 5
    assert len(subjects(ann, shown.all("a")[-1]["href"].removeprefix("/tickets/"))) == 7


def test_questions_are_shown_as_text(client: Visitor, app: Flask, cast: Cast):
    filed = factories.file_ticket(app, cast.bob, "<b>x</b>")
    waits(app, cast, filed, "Is `<script>alert(1)</script>` yours?")
    shown = client.sign_in(cast.bob).get("/tickets/").one("section", class_="questions")
    assert "<script>alert(1)</script>" in shown.text
    assert "<b>x</b>" in shown.text


@pytest.fixture
def states(app: Flask, cast: Cast) -> None:
    """Ann's and Bob's, each one open, one solved and one closed."""
    for person in (cast.ann, cast.bob):
        for status in (TicketStatus.OPEN, TicketStatus.SOLVED, TicketStatus.CLOSED):
            filed = factories.file_ticket(app, person, f"{person.first_name} {status}")
            with factories.writing(app):
                row = db.session.get_one(Ticket, filed.id)
                tickets.set_status(actor=cast.sam, ticket=row, status=status)


@pytest.mark.usefixtures("states")
@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ("", {"Ann open", "Bob open"}),
        ("?whose=mine", {"Ann open"}),
        ("?whose=company", {"Ann open", "Bob open"}),
        ("?state=done&whose=mine", {"Ann solved", "Ann closed"}),
        ("?state=done", {"Ann solved", "Ann closed", "Bob solved", "Bob closed"}),
        ("?state=all&whose=mine", {"Ann open", "Ann solved", "Ann closed"}),
        ("?status=solved", {"Ann solved", "Bob solved"}),
        ("?q=bob", {"Bob open", "Bob solved", "Bob closed"}),
        ("?q=bob&state=open", {"Bob open"}),
        ("?q=bob&state=done", {"Bob solved", "Bob closed"}),
        ("?status=solved&state=open", {"Ann solved", "Bob solved"}),
    ],
)
def test_whose_and_in_which_state(client: Visitor, cast: Cast, query: str, seen: set[str]):
    assert subjects(client.sign_in(cast.ann), query) == seen


@pytest.mark.usefixtures("states")
def test_tabs_say_how_many_are_open_and_users_have_none(visit: Callable[[], Visitor], cast: Cast):
    page = visit().sign_in(cast.ann).get("/tickets/?whose=mine")
    tabs = page.one("nav", aria_label="Whose tickets")
    assert [a.text for a in tabs.all("a")] == ["Mine 1", "All of the company 2"]
    assert [a.get("aria-current") for a in tabs.all("a")] == ["page", None]
    assert not visit().sign_in(cast.bob).get("/tickets/").all("nav", aria_label="Whose tickets")


@pytest.mark.threat("foreign rows")
@pytest.mark.usefixtures("states")
def test_users_cannot_ask_for_the_companys(client: Visitor, cast: Cast):
    bob = client.sign_in(cast.bob)
    assert subjects(bob, "?whose=company&state=all") == {"Bob open", "Bob solved", "Bob closed"}
    assert "whose=company" in bob.get("/tickets/?whose=company").one(class_="search-note").text


@pytest.mark.usefixtures("states")
@pytest.mark.parametrize("query", ["?whose=theirs", "?state=lost"])
def test_unknown_words_are_told_and_left_out(client: Visitor, cast: Cast, query: str):
    page = client.sign_in(cast.ann).get(f"/tickets/{query}")
    assert query[1:] in page.one(class_="search-note").text


def test_an_empty_list_says_why(client: Visitor, app: Flask, cast: Cast):
    ann = client.sign_in(cast.ann)
    assert "No tickets yet" in ann.get("/tickets/").words
    filed = factories.file_ticket(app, cast.ann)
    with factories.writing(app):
        row = db.session.get_one(Ticket, filed.id)
        tickets.set_status(actor=cast.sam, ticket=row, status=TicketStatus.SOLVED)
    page = ann.get("/tickets/")
    assert "Nothing is open" in page.words
    assert subjects(ann, "?state=done") == {"No hot water"}
    assert "No such tickets" in ann.get("/tickets/?status=new").words


def test_pages_of_a_state_stay_in_it(client: Visitor, app: Flask, cast: Cast):
    for number in range(35):
        factories.file_ticket(app, cast.ann, f"Matter {number}")
    ann = client.sign_in(cast.ann)
    for query in ("?whose=mine&state=all", "?whose=mine", "?state=all"):
        following = ann.get(f"/tickets/{query}").one("a", rel="next")["href"]
        assert query[1:] in following
        assert len(subjects(ann, following.removeprefix("/tickets/"))) == 5


@pytest.mark.usefixtures("filed")
def test_what_one_has_begun_to_write_is_marked_for_oneself(
    visit: Callable[[], Visitor], cast: Cast
):
    def marked(visitor: Visitor) -> list[str | None]:
        return [row.get("id") for row in visitor.get("/tickets/").all("tr") if "Draft" in row.text]

    ann, bob = visit().sign_in(cast.ann), visit().sign_in(cast.bob)
    ann.post("/tickets/REQ000002/draft", {"message": "It is re"})
    ann.post("/tickets/REQ000001/draft", {"message": "Or else"})
    ann.post("/tickets/REQ000001/draft/discard", {})
    ann.post("/tickets/new/draft", {"subject": "Ano"})
    assert (marked(ann), marked(bob)) == (["t2"], [])
