"""What a row of the queue says of its ticket and of its reader."""

from collections.abc import Callable
from datetime import timedelta

from flask import Flask

from portal import clock
from portal.services.tickets import reads
from tests import factories
from tests.cast import Cast
from tests.page import Visitor

QUEUE = "/tickets/queue?view=all"


def test_a_row_says_who_wrote_last_and_how_long_somebody_waits(
    app: Flask, cast: Cast, visit: Callable[[], Visitor]
) -> None:
    with clock.at(clock.now() - timedelta(hours=3, minutes=5)):
        factories.file_ticket(app, cast.ann, "Lift", "It *sticks* again.")
        lamp = factories.file_ticket(app, cast.ann, "Lamp")
    with clock.at(clock.now() - timedelta(days=2, minutes=5)):
        factories.post_comment(app, cast.sam, lamp, "We come at nine.")
    sam = visit().sign_in(cast.sam)
    rows = {row.one("td", class_="m").text: row for row in sam.get(QUEUE).one(id="rows").all("tr")}
    assert "waits 3 h" in rows["Lift"].text
    assert "Ann Archer · Acme — It sticks again." in rows["Lift"].text
    assert "2 d" in rows["Lamp"].text
    assert "waits" not in rows["Lamp"].text
    assert "Ann Archer · Acme — Sam: We come at nine." in rows["Lamp"].text
    assert rows["Lift"].one("td", class_="t")["title"]


def test_what_is_unread_differs_from_reader_to_reader(
    app: Flask, cast: Cast, visit: Callable[[], Visitor]
) -> None:
    lift = factories.file_ticket(app, cast.ann, "Lift")
    with factories.writing(app):
        reads.mark_read(actor=cast.sam, ticket_id=lift.id, comment_id=1)
    unread = {}
    for person in (cast.sam, cast.sue):
        page = visit().sign_in(person).get(QUEUE)
        unread[person.email] = [row.get("id") for row in page.all("tr", class_="unread")]
    assert unread == {cast.sam.email: [], cast.sue.email: [f"t{lift.id}"]}


def test_a_draft_is_marked_for_who_has_begun_it(
    app: Flask, cast: Cast, visit: Callable[[], Visitor]
) -> None:
    lift, lamp = (factories.file_ticket(app, cast.ann, subject) for subject in ("Lift", "Lamp"))
    sam = visit().sign_in(cast.sam)
    for ticket in (lift, lamp):
        sam.post(f"/tickets/{ticket.number}/draft", {"message": "We co"})
    sam.post(f"/tickets/{lamp.number}/draft/discard", {})
    drafts = {}
    for person in (cast.sam, cast.sue):
        rows = visit().sign_in(person).get(QUEUE).one(id="rows").all("tr")
        drafts[person.email] = [row.get("id") for row in rows if "Draft" in row.text]
    assert drafts == {cast.sam.email: [f"t{lift.id}"], cast.sue.email: []}


def test_rows_are_as_dense_as_one_has_chosen(
    app: Flask, cast: Cast, visit: Callable[[], Visitor]
) -> None:
    factories.file_ticket(app, cast.ann, "Lift")
    sam = visit().sign_in(cast.sam)
    for chosen, dense in (("dense", True), ("roomy", False), ("dense", True), ("tiny", False)):
        answer = sam.post("/tickets/queue/rows", {"rows": chosen, "next": QUEUE})
        assert answer.location == QUEUE
        assert bool(sam.get(QUEUE).all(class_="rows-dense")) is dense
    assert sam.post("/tickets/queue/rows", {"next": "//evil.example"}).location == "/"
    assert sam.post("/tickets/queue/rows", {}).location == "/tickets/queue"


def test_an_empty_list_says_why_it_is_empty_and_leads_on(
    app: Flask, cast: Cast, visit: Callable[[], Visitor]
) -> None:
    sam = visit().sign_in(cast.sam)
    for query, words, way_out in (
        ("view=to_answer", "Everybody has an answer", "?view=unsolved"),
        ("view=mine", "This view is empty", "?view=all"),
        ("view=mine&priority=urgent", "No ticket fits these filters", "?view=mine"),
        ("view=all&q=lamp", "No ticket matches “lamp”", ""),
    ):
        empty = sam.get(f"/tickets/queue?{query}").one("div", class_="empty")
        assert words in empty.text
        assert empty.one("a")["href"] == f"/tickets/queue{way_out}"


def test_nobody_but_staff_chooses_rows(cast: Cast, visit: Callable[[], Visitor]) -> None:
    visit().sign_in(cast.ann).post("/tickets/queue/rows", {"rows": "dense"}, status=404)
    assert "/auth/login" in visit().post("/tickets/queue/rows", {"rows": "dense"}).location
    visit().sign_in(cast.sam).get("/tickets/queue/rows", status=405)
