"""Searched lists: marked words, excerpts, hidden matches, and what is said of none."""

from collections.abc import Callable

import pytest
from flask import Flask

from portal.extensions import db
from portal.models.tickets import Ticket, TicketStatus
from portal.services.tickets import tickets
from tests import factories
from tests.cast import Cast
from tests.page import Visitor

Visit = Callable[[], Visitor]


def test_words_are_marked_in_the_subject_and_in_an_excerpt(
    app: Flask, cast: Cast, visit: Visit
) -> None:
    factories.file_ticket(app, cast.ann, "A <b>printer</b>", "x")
    factories.file_ticket(app, cast.ann, "Noise", "It is the <i>printers</i> & more.")
    for person, path in ((cast.sam, "/tickets/queue"), (cast.ann, "/tickets/")):
        html = visit().sign_in(person).get(f"{path}?q=printer").text
        assert "A &lt;b&gt;<mark>printer</mark>&lt;/b&gt;</a>" in html
        assert (
            'class="excerpt">It is the &lt;i&gt;<mark>printers</mark>&lt;/i&gt; &amp; more.</'
            in html
        )


@pytest.mark.threat("notes and secrets shown")
def test_excerpts_of_notes_are_for_staff(app: Flask, cast: Cast, visit: Visit) -> None:
    filed = factories.file_ticket(app, cast.ann, "A", "A printer and more.")
    factories.post_comment(app, cast.sam, filed, "printer, secretly printer", internal=True)
    nothing = visit().sign_in(cast.ann).get("/tickets/?q=printer+secretly")
    assert "No ticket matches" in nothing.words
    html = visit().sign_in(cast.ann).get("/tickets/?q=printer").text
    assert "A <mark>printer</mark> and more" in html
    assert "secretly" not in html
    assert "secretly" in visit().sign_in(cast.sam).get("/tickets/queue?q=printer+secretly").text


def test_the_best_match_comes_first_and_the_newest_on_demand(
    app: Flask, cast: Cast, visit: Visit
) -> None:
    factories.file_ticket(app, cast.ann, "Printer", "x")
    factories.file_ticket(app, cast.ann, "Noise", "printer")
    sam = visit().sign_in(cast.sam)
    best, newest = (
        sam.get(f"/tickets/queue?q=printer{more}").text for more in ("", "&sort=-created_at")
    )
    assert best.index('id="t1"') < best.index('id="t2"')
    assert newest.index('id="t2"') < newest.index('id="t1"')


def test_matches_that_a_view_hides_are_told_with_a_link(
    app: Flask, cast: Cast, visit: Visit
) -> None:
    for _ in range(3):
        factories.file_ticket(app, cast.ann, "Printer", "x")
    with factories.writing(app):
        for number in (1, 2):
            ticket = db.session.get_one(Ticket, number)
            tickets.set_status(actor=cast.sam, ticket=ticket, status=TicketStatus.SOLVED)
    sam = visit().sign_in(cast.sam)
    page = sam.get("/tickets/queue?q=printer")
    assert '<a href="/tickets/queue?view=all&amp;q=printer">2 more in All tickets</a>' in page.text
    assert "more in All" not in sam.get("/tickets/queue?view=all&q=printer").words
    assert "3 more in All" in sam.get("/tickets/queue?status=closed&q=printer").words
    mine = visit().sign_in(cast.ann).get("/tickets/?status=open&q=printer")
    assert '<a href="/tickets/?q=printer">3 more in All tickets</a>' in mine.text


@pytest.mark.parametrize(("person", "path"), [("sam", "/tickets/queue"), ("ann", "/tickets/")])
def test_a_search_without_matches_says_so(cast: Cast, visit: Visit, person: str, path: str) -> None:
    page = visit().sign_in(getattr(cast, person)).get(f"{path}?q=<zeppelin>")
    assert "No ticket matches “<zeppelin>”" in page.words
    assert "This view is empty" not in page.words
