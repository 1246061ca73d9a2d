"""Which part of a conversation a page shows, and where it opens."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from portal import clock
from portal.extensions import db
from portal.models.tickets import Comment, Priority, TicketEvent
from portal.queries.tickets.reads import last_read
from portal.queries.tickets.timeline import PAGE, RECENT
from portal.services.tickets import tickets
from tests import factories
from tests.cast import Cast
from tests.factories import Filed
from tests.page import Page, Visitor
from tests.statements import statements

HERE = "/tickets/REQ000001"
UPDATE = {"HX-Target": "ol#timeline"}


@pytest.fixture
def filed(app: Flask, cast: Cast) -> Filed:
    return factories.file_ticket(app, cast.ann, "Radiator", "Question")


@pytest.fixture
def sam(client: Visitor, cast: Cast) -> Visitor:
    return client.sign_in(cast.sam)


def say(app: Flask, cast: Cast, filed: Filed, many: int, begin: int = 0) -> None:
    for at in range(begin, begin + many):
        factories.post_comment(app, cast.ann, filed, f"Part {at}")


def shown(page: Page) -> list[str]:
    return [node.text for node in page.all(class_="prose")]


def anchor(page: Page) -> str:
    """The message at which the page opens."""
    heading = page.one(id="new")
    article = next(one for one in heading.ancestors if one.tag == "article")
    return article.one(class_="prose").text


def read(sam: Visitor) -> None:
    """As the page does once it is shown."""
    form = sam.get(HERE).one("form", action=f"{HERE}/read")
    sam.post(
        f"{HERE}/read", {"read_to": form.one("input", name="read_to")["value"]}, 204, htmx=True
    )


def test_older_messages_are_folded_and_counted(app: Flask, sam: Visitor, cast: Cast, filed: Filed):
    with factories.writing(app):
        ticket = db.session.get_one(factories.Ticket, 1)
        for priority in Priority:
            tickets.set_priority(actor=cast.sam, ticket=ticket, priority=priority)
    say(app, cast, filed, RECENT + 1)
    page = sam.get(HERE)
    assert shown(page) == [f"Part {at}" for at in range(1, RECENT + 1)]
    fold = page.one(id="fold-open")
    assert fold.text == "2 earlier messages, 4 changes"
    assert shown(sam.get(fold["href"])) == ["Question", "Part 0"]
    there = sam.get(fold["href"], htmx=True, headers={"HX-Target": "div#fold"})
    assert shown(there) == ["Question", "Part 0"]
    assert there.one(id="fold").text == ""
    assert "Earlier messages are shown." in there.words


def test_a_short_conversation_has_no_fold(sam: Visitor, filed: Filed):
    assert not sam.get(HERE).all(id="fold-open")


def test_what_is_unread_is_shown_from_its_beginning(
    app: Flask, sam: Visitor, cast: Cast, filed: Filed
):
    assert anchor(sam.get(HERE)) == "Question"
    read(sam)
    say(app, cast, filed, RECENT + 5)
    page = sam.get(HERE)
    assert anchor(page) == "Part 0"
    assert shown(page) == ["Question", *(f"Part {at}" for at in range(RECENT + 5))]
    line = page.one(class_="new-line")
    assert line.text == "New"
    read(sam)
    page = sam.get(HERE)
    assert anchor(page) == f"Part {RECENT + 4}"
    assert not page.all(class_="new-line") and not page.all(action=f"{HERE}/read")


def test_customers_open_at_the_newest_and_leave_no_mark(
    app: Flask, visit: Callable[[], Visitor], cast: Cast, filed: Filed
):
    ann = visit().sign_in(cast.ann)
    factories.post_comment(app, cast.sam, filed, "We come.")
    page = ann.get(HERE)
    assert anchor(page) == "We come."
    assert not page.all(action=f"{HERE}/read")
    ann.post(f"{HERE}/read", {"read_to": "1"}, 403)


def test_what_was_unfolded_stays_when_something_comes_in(
    app: Flask, sam: Visitor, cast: Cast, filed: Filed
):
    say(app, cast, filed, RECENT + 3)
    first = sam.get(HERE).all(class_="msg")[0]["id"].removeprefix("comment-")
    say(app, cast, filed, 3, begin=RECENT + 3)
    updated = sam.get(HERE, htmx=True, headers={**UPDATE, "X-Shown": first})
    assert shown(updated)[0] == "Part 3"
    assert len(shown(updated)) == RECENT + 3
    changed = sam.post(
        f"{HERE}/priority", {"priority": "high"}, 200, htmx=True, headers={"X-Shown": first}
    )
    assert shown(changed)[0] == "Part 3"


@pytest.mark.parametrize("rubbish", ["x", "-1", "9" * 30])
def test_what_is_no_message_is_refused(sam: Visitor, filed: Filed, rubbish: str):
    sam.post(f"{HERE}/read", {"read_to": rubbish}, 422)
    sam.get(f"{HERE}?before={rubbish}", 422)


def test_without_scripts_a_button_says_that_it_was_read(
    app: Flask, sam: Visitor, cast: Cast, filed: Filed
):
    page = sam.follow(sam.post(f"{HERE}/read", {"read_to": "1"}))
    assert "Marked as read." in page.words
    with app.app_context():
        assert last_read(cast.sam, 1) == 1
    sam.post(f"{HERE}/read", {}, 422)
    sam.post("/tickets/REQ000099/read", {"read_to": "1"}, 404)
    sam.get(f"{HERE}/read", 405)


def test_days_begin_with_a_line_and_times_are_relative(
    app: Flask, sam: Visitor, cast: Cast, filed: Filed
):
    say(app, cast, filed, 3)
    now = clock.now().replace(hour=15, minute=30)
    ages = {
        1: timedelta(days=400),
        2: timedelta(days=1, hours=2),
        3: timedelta(hours=3),
        4: timedelta(minutes=5),
    }
    with factories.writing(app):
        db.session.execute(update(TicketEvent).values(created_at=now - ages[1]))
        for comment_id, age in ages.items():
            moved = update(Comment).where(Comment.id == comment_id)
            db.session.execute(moved.values(created_at=now - age))
    with clock.at(now):
        # At night that is longer than a session lasts without its person.
        page = sam.sign_in(cast.sam).get(HERE)
    days = [node.text for node in page.all(class_="day")]
    assert days[1:] == ["Yesterday", "Today"]
    assert days[0].endswith(str((now - ages[1]).year))
    times = [node.one("time").text for node in page.all(class_="msg-time")]
    assert times == ["15:30", "13:30", "3 h ago", "5 min ago"]


def test_many_changes_in_a_row_are_one_line(app: Flask, sam: Visitor, cast: Cast, filed: Filed):
    with factories.writing(app):
        ticket = db.session.get_one(factories.Ticket, 1)
        for priority in [*Priority, Priority.LOW]:
            tickets.set_priority(actor=cast.sam, ticket=ticket, priority=priority)
    page = sam.get(HERE)
    assert page.one(class_="events").one("summary").text == "5 changes"
    assert len(page.one(class_="events").all("li")) == 5


def test_ten_thousand_messages_cost_what_nine_do(
    app: Flask, sam: Visitor, cast: Cast, filed: Filed
):
    say(app, cast, filed, RECENT)
    with statements(app) as few:
        sam.get(HERE)
    with factories.writing(app):
        rows = [
            {
                "ticket_id": 1,
                "author_id": cast.ann.id,
                "message": "x",
                "html": "<p>x</p>",
                "renderer_version": 1,
                "ticket_version": 1,
                "internal": False,
                "created_at": clock.now(),
            }
            for _ in range(10_000)
        ]
        db.session.execute(Comment.__table__.insert(), rows)
    with statements(app) as many:
        page = sam.get(HERE)
    assert few == many
    assert len(shown(page)) == RECENT
    assert page.one(id="fold-open").text.startswith("100+ earlier messages")
    assert len(shown(sam.get(page.one(id="fold-open")["href"]))) == PAGE
