"""Many tickets at once: ranges, keys, all that fit, a macro, with scripts and without."""

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import func, select

from jobs.bulk import change_tickets, work_on
from portal.extensions import db
from portal.models.people import AfterSending
from portal.models.tickets import BulkChange, Comment, SavedReply, Ticket
from portal.queries.tickets.lists import ticket_list
from portal.services.tickets import bulk, bulk_batches, saved_replies
from tests import factories
from tests.browser.conftest import OpenWindow
from tests.browser.window import Window
from tests.cast import Cast

pytestmark = pytest.mark.databases("sqlite")
SUBJECTS = ["Lift", "Lamp", "Door", "Radiator", "Window", "Stairs"]
LIST = "/tickets/queue?view=unsolved&sort=created_at"


@pytest.fixture
def tickets(app: Flask, cast: Cast) -> list[int]:
    factories.go_on(app, AfterSending.STAY)
    return [factories.file_ticket(app, cast.ann, subject).id for subject in SUBJECTS]


@pytest.fixture
def sam(window: OpenWindow, cast: Cast, tickets: list[int]) -> Window:
    assert tickets
    return window().sign_in(cast.sam).go(LIST)


@pytest.fixture
def macro(app: Flask, cast: Cast) -> SavedReply:
    with factories.writing(app):
        return saved_replies.create(
            actor=cast.sam,
            name="Refund",
            message="Paid back to {{requester.first_name}}.",
            internal=False,
            shared=True,
            changes={"status": "solved"},
        )


def values(app: Flask, column: str) -> list[object]:
    with app.app_context():
        return list(db.session.scalars(select(getattr(Ticket, column)).order_by(Ticket.id)))


def ticked(someone: Window) -> list[int]:
    boxes = someone.page.locator("#rows [type=checkbox]").all()
    return [number for number, box in enumerate(boxes) if box.is_checked()]


def test_a_range_is_ticked_by_shift_and_said(sam: Window):
    boxes, status = sam.page.locator("#rows [type=checkbox]"), sam.page.locator("#status")
    boxes.nth(1).click()
    expect(status).to_have_text("1 selected")
    boxes.nth(4).click(modifiers=["Shift"])
    assert ticked(sam) == [1, 2, 3, 4]
    expect(sam.page.locator(".bulk-count")).to_have_text("4")
    expect(status).to_have_text("4 selected")
    assert sam.page.evaluate("getSelection().toString()") == ""
    boxes.nth(3).click()
    boxes.nth(2).click(modifiers=["Shift"])
    assert ticked(sam) == [1, 4]


def test_twenty_are_given_away_in_a_few_keys(sam: Window, app: Flask, cast: Cast):
    press = sam.page.keyboard.press
    for key in ("j", "Shift+J", "Shift+J", "Shift+ArrowDown"):
        press(key)
    assert ticked(sam) == [0, 1, 2, 3]
    expect(sam.link(SUBJECTS[3])).to_be_focused()
    expect(sam.page.locator("#status")).to_have_text("4 selected")
    press("a")
    actions = sam.page.locator("#bulk-action")
    expect(actions).to_be_focused()
    sam.page.keyboard.type(cast.sue.name)
    press("Enter")  # closes the list
    press("Enter")
    sam.see("4 tickets changed.")
    assert values(app, "assignee_id") == [cast.sue.id] * 4 + [None] * 2
    press("z")
    sam.see("4 tickets set back.")
    assert values(app, "assignee_id") == [None] * 6


def test_tags_and_solving_by_key_are_for_all_ticked_rows(sam: Window, app: Flask):
    press = sam.page.keyboard.press
    for key in ("j", "Shift+J", "t"):
        press(key)
    expect(sam.page.locator("#bulk-value")).to_be_focused()
    sam.page.keyboard.type("lobby")
    press("Enter")
    sam.see("2 tickets changed.")
    for key in ("j", "Shift+J", "e"):
        press(key)
    expect(sam.page.locator("#rows tr")).to_have_count(4)
    assert values(app, "status").count("solved") == 2


def test_the_bar_stands_before_the_rows_for_the_tab_key_and_below_them_for_the_eye(sam: Window):
    first = sam.page.locator("#rows [type=checkbox]").first
    first.click()
    sam.page.keyboard.press("Shift+Tab")
    expect(sam.page.locator("#bulk-do")).to_be_focused()
    bar, table = (sam.page.locator(one).bounding_box() for one in ("#bulk-bar", "#rows"))
    assert bar and table
    assert bar["y"] > table["y"]


def test_a_macro_is_applied_to_ticked_rows_by_a_key(
    sam: Window, app: Flask, macro: SavedReply, cast: Cast
):
    for key in ("j", "Shift+J", "m"):
        sam.page.keyboard.press(key)
    sam.see("A macro for 2 tickets", macro.name)
    sam.page.get_by_role("button", name="Choose Refund").click()
    sam.see("Change 2 tickets", "1 customer gets mail.")
    sam.button("Change 2 tickets").click()
    sam.see("2 tickets changed.")
    assert values(app, "status")[:3] == ["solved", "solved", "new"]
    with app.app_context():
        said = select(func.count()).where(Comment.message == "Paid back to Ann.")
        assert db.session.scalar(said) == 2


def one_page_is_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows of the list on a page; more than one ticket takes a job."""
    monkeypatch.setitem(ticket_list.page.__kwdefaults__, "size", 2)
    monkeypatch.setattr(bulk, "MAX_TICKETS", 1)
    monkeypatch.setattr(bulk_batches, "BATCH", 4)


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "plain"])
def test_all_that_fit_are_changed_by_a_job_and_brought_back(
    window: OpenWindow,
    app: Flask,
    cast: Cast,
    tickets: list[int],
    monkeypatch: pytest.MonkeyPatch,
    javascript: bool,
):
    one_page_is_two(monkeypatch)
    sam = window(javascript=javascript).sign_in(cast.sam).go(LIST)
    before = values(app, "updated_at")
    sam.page.locator("#rows [type=checkbox]").first.check()
    sam.page.get_by_label("All that fit").check()
    sam.page.locator("#bulk-action").select_option("priority:urgent")
    sam.button("Apply").click()
    sam.see("Change 6 tickets", "All that fit:", "Priority: Urgent")
    sam.button("Change 6 tickets").click()
    sam.see("Under way: 0 of 6 tickets.")
    job(app, work_on)
    look(sam, "See how far it is")
    sam.see("Under way: 4 of 6 tickets.")
    job(app, change_tickets)
    look(sam, "See how far it is")
    sam.see("6 tickets changed.")
    assert values(app, "priority") == [4] * 6
    sam.button("Undo").click()
    sam.see("Being undone: 0 of 6 tickets.")
    job(app, change_tickets)
    look(sam, "See how far it is")
    sam.see("6 tickets set back.")
    assert (values(app, "priority"), values(app, "updated_at")) == ([2] * 6, before)


def look(someone: Window, link: str) -> None:
    """Without scripts one asks for it."""
    if not someone.javascript:
        someone.link(link).click()


def job(app: Flask, work: Callable[[int], object]) -> None:
    with app.app_context():
        work(db.session.scalars(select(BulkChange.id)).one())
