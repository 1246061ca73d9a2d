import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import insert, select

from portal.extensions import db
from portal.models.people import Actor, User
from portal.models.tickets import Comment, Ticket
from portal.queries.tickets import timeline
from portal.services.tickets import tickets
from tests import factories
from tests.cast import Cast
from tests.databases import BOTH
from tests.page import Visitor
from tests.statements import sqlite_work, statements


@pytest.fixture
def filed(app: Flask, cast: Cast) -> factories.Filed:
    return factories.file_ticket(app, cast.ann, "No hot water")


def who_sees(visit: Callable[[], Visitor], cast: Cast, path: str) -> set[str]:
    people: dict[str, Actor] = {name: getattr(cast, name) for name in cast.__dataclass_fields__}
    return {
        name
        for name, person in people.items()
        if visit().sign_in(person).http.get(path).status_code == 200
    }


@pytest.mark.threat("foreign rows")
def test_a_ticket_is_seen_by_its_organization_and_the_staff(
    visit: Callable[[], Visitor], app: Flask, cast: Cast, filed: factories.Filed
):
    """Ann owns Acme, so she sees what Bob files; Bob is a plain user and sees his own alone."""
    assert who_sees(visit, cast, f"/tickets/{filed.number}") == {"ann", "sam", "sue", "ada"}
    by_bob = factories.file_ticket(app, cast.bob, "My chair is broken")
    assert who_sees(visit, cast, f"/tickets/{by_bob.number}") == {"ann", "bob", "sam", "sue", "ada"}


@pytest.mark.threat("foreign rows")
@pytest.mark.parametrize(
    "number",
    ["REQ999999", "REQ1", "req000001", "REQ0000001", "1", "REQ99999999999999999999", "REQ٠٠٠٠٠١"],
)
def test_what_is_no_ticket_looks_like_a_foreign_one(
    visit: Callable[[], Visitor], cast: Cast, filed: factories.Filed, number: str
):
    foreign = visit().sign_in(cast.carl).get(f"/tickets/{filed.number}", status=404)
    nothing = visit().sign_in(cast.carl).get(f"/tickets/{number}", status=404)
    shown = [re.sub(r"\b[0-9a-f]{16}\b", "", page.words) for page in (foreign, nothing)]
    assert shown[0] == shown[1]  # but for the number of the request
    assert "Nothing here" in shown[0]


@pytest.mark.threat("notes and secrets shown")
def test_a_customer_never_sees_an_internal_note(
    visit: Callable[[], Visitor], app: Flask, cast: Cast, filed: factories.Filed
):
    factories.post_comment(app, cast.sam, filed, "The boiler is SECRETLY broken", internal=True)
    factories.post_comment(app, cast.sam, filed, "We are on it.")
    customer = visit().sign_in(cast.ann)
    for page in (
        customer.get(f"/tickets/{filed.number}"),
        customer.get(f"/tickets/{filed.number}", htmx=True),
        customer.get("/tickets/?q=SECRETLY"),
    ):
        assert "SECRETLY" not in page.words.replace("SECRETLY" if "q=" in page.text else "\0", "")
        assert "Internal note" not in page.words
    assert "We are on it." in customer.get(f"/tickets/{filed.number}").words
    assert "SECRETLY" in visit().sign_in(cast.sue).get(f"/tickets/{filed.number}").words


def test_staff_see_by_which_way_it_came_and_customers_do_not(
    visit: Callable[[], Visitor], cast: Cast, filed: factories.Filed
):
    def facts(person: Actor) -> dict[str, str]:
        known = visit().sign_in(person).get(f"/tickets/{filed.number}").one(id="ticket-details")
        return {dt.text: dd.text for dt, dd in zip(known.all("dt"), known.all("dd"), strict=True)}

    assert facts(cast.sam)["Channel"] == "Web page"
    assert not facts(cast.ann).keys() - facts(cast.sam).keys()
    assert "Channel" not in facts(cast.ann)


def test_the_history_stands_in_order_with_the_comments(
    client: Visitor, app: Flask, cast: Cast, filed: factories.Filed
):
    client.sign_in(cast.sam)
    client.post(f"/tickets/{filed.number}/priority", {"priority": "urgent"})
    client.post(f"/tickets/{filed.number}/comments", {"message": "Somebody is coming."})
    client.post(f"/tickets/{filed.number}/status", {"status": "pending"})
    words = client.get(f"/tickets/{filed.number}").one("ol", id="timeline").text
    order = [
        words.index(part)
        for part in (
            "Please help.",
            "set the priority to Urgent",
            "Somebody is coming.",
            "set the status to Open",
            "set the status to Waiting for customer",
        )
    ]
    assert order == sorted(order)


def test_htmx_gets_the_panel_and_history_the_page(
    client: Visitor, cast: Cast, filed: factories.Filed
):
    client.sign_in(cast.sam)
    path = f"/tickets/{filed.number}"
    assert client.get(path, htmx=True).one(id="panel")
    again = client.get(path, headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert again.one("html")


@BOTH
def test_a_long_conversation_opens_with_its_newest_part(
    client: Visitor, app: Flask, cast: Cast, filed: factories.Filed
):
    with factories.writing(app):
        from portal.extensions import db
        from portal.models.tickets import Ticket
        from portal.services.tickets import comments

        ticket = db.session.get_one(Ticket, filed.id)
        for number in range(120):
            comments.post(actor=cast.sam, ticket=ticket, message=f"Comment number {number}.")
    page = client.sign_in(cast.ann).get(f"/tickets/{filed.number}")
    assert "Comment number 119." in page.words
    assert "Comment number 19." not in page.words
    earlier = [a["href"] for a in page.all("a", href=True) if "before=" in a["href"]]
    assert "Comment number 19." in client.get(earlier[0]).words


@pytest.mark.parametrize("before", ["x", "-1", "1.2", "9" * 30])
def test_a_cursor_that_we_did_not_write_is_refused(
    client: Visitor, cast: Cast, filed: factories.Filed, before: str
):
    client.sign_in(cast.ann).get(f"/tickets/{filed.number}?before={before}", status=422)


def test_customers_are_spared_the_housekeeping(
    app: Flask, cast: Cast, visit: Callable[[], Visitor], filed: factories.Filed
):
    with factories.writing(app):
        row = db.session.get_one(Ticket, filed.id)
        sue = db.session.get_one(User, cast.sue.id)
        tickets.assign(actor=cast.sam, ticket=row, assignee=sue)
        tickets.assign(actor=cast.sam, ticket=row, assignee=None)
    ann = visit().sign_in(cast.ann).get(f"/tickets/{filed.number}")
    sam = visit().sign_in(cast.sam).get(f"/tickets/{filed.number}")
    assert "assigned this to Sue Stone" in ann.words
    assert "took the assignment away" in sam.words
    assert "took the assignment away" not in ann.words
    assert "English" in sam.one(id="ticket-details").text
    assert "English" not in ann.one(id="ticket-details").text


@pytest.mark.databases("sqlite")
def test_ten_thousand_messages_cost_what_fifty_do(
    app: Flask, client: Visitor, cast: Cast, filed: factories.Filed
):
    """What SQLite does for the page is counted, however busy the machine is."""
    client.sign_in(cast.sam)

    def asked() -> tuple[int, int]:
        client.get(f"/tickets/{filed.number}")
        with statements(app) as seen, sqlite_work(app) as work:
            page = client.get(f"/tickets/{filed.number}")
        assert len(page.all("li", class_="msg")) == timeline.RECENT
        return len(seen), work[0]

    _say_much(app, cast, filed, 200)
    before = asked()
    assert before[1] > 0
    _say_much(app, cast, filed, 10_000)
    assert asked() == (before[0], pytest.approx(before[1], rel=0.2))


def _say_much(app: Flask, cast: Cast, filed: factories.Filed, times: int) -> None:
    with factories.writing(app):
        first = db.session.scalars(select(Comment).filter_by(ticket_id=filed.id)).first()
        assert first
        names = [column.key for column in Comment.__table__.columns if column.key != "id"]
        row = {name: getattr(first, name) for name in names}
        authors = (cast.ann.id, cast.sam.id)
        db.session.execute(
            insert(Comment), [row | {"author_id": authors[at % 2]} for at in range(times)]
        )


def test_nobody_is_told_on_the_page_who_they_are_themselves(
    visit: Callable[[], Visitor], app: Flask, cast: Cast
):
    path = f"/tickets/{factories.file_ticket(app, cast.bob).number}"
    for reader, on_paper_alone in ((cast.bob, True), (cast.ann, False)):
        details = visit().sign_in(reader).get(path).one(id="ticket-details")
        assert "Requester" in details.all("div")[0].text
        assert (details.all("div")[0].get("class") == "printed") is on_paper_alone


def test_a_link_leads_over_the_conversation_to_the_answer(client: Visitor, app: Flask, cast: Cast):
    path = f"/tickets/{factories.file_ticket(app, cast.ann).number}"
    page = client.sign_in(cast.sam).get(path)
    assert [link["href"] for link in page.all("a", class_="skip")] == ["#main", "#message"]
    client.post(f"{path}/status", {"status": "closed"})
    assert [link["href"] for link in client.get(path).all("a", class_="skip")] == ["#main"]
