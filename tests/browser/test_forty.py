"""Forty tickets in one sitting, by keyboard in each order of the list: each is answered once.

Forty are two pages of the list. Without scripts the way is the server's, whatever the order.
"""

from collections import Counter

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import select

from portal.extensions import db
from portal.models.people import AfterSending
from portal.models.tickets import Comment
from portal.queries.tickets.lists.ticket_filter import Sort, TicketFilter, View
from portal.services.tickets import tickets
from tests import factories
from tests.browser.conftest import OpenWindow
from tests.cast import Cast

pytestmark = pytest.mark.databases("sqlite")
NUMBER = 40
QUEUE = "/tickets/queue"
WAITING = f"{QUEUE}?view=to_answer"
ORDERS = [Sort.WAITING, *TicketFilter(view=View.UNSOLVED).sorts]


@pytest.fixture
def forty(app: Flask, cast: Cast) -> None:
    factories.go_on(app, AfterSending.NEXT)
    with factories.writing(app):
        for number in range(NUMBER):
            tickets.file(
                actor=cast.ann, subject=f"Matter {number}", message="Text", priority=number % 4 + 1
            )


def answered(app: Flask, cast: Cast) -> Counter[int]:
    """How often Sam has answered each ticket."""
    with app.app_context():
        query = select(Comment.ticket_id).where(Comment.author_id == cast.sam.id)
        return Counter(db.session.scalars(query))


ONCE = dict.fromkeys(range(1, NUMBER + 1), 1)


@pytest.mark.usefixtures("forty")
@pytest.mark.parametrize("order", ORDERS)
def test_forty_are_answered_by_keyboard_each_once(
    app: Flask, window: OpenWindow, cast: Cast, order: Sort
):
    view = View.TO_ANSWER if order is Sort.WAITING else View.UNSOLVED
    sam = window().sign_in(cast.sam).go(f"{QUEUE}?view={view}&sort={order}")
    page, press = sam.page, sam.page.keyboard.press
    for key in "jo":
        press(key)
    seen: list[str] = []
    for _ in range(NUMBER):
        expect(page.locator("#panel-title")).to_be_focused()
        seen.append(page.locator("#panel").get_attribute("data-ticket") or "")
        press("r")
        page.keyboard.insert_text("It is done.")
        press("Control+Enter")
        page.wait_for_function(
            "was => document.getElementById('panel')?.dataset.ticket !== was", arg=seen[-1]
        )
    assert len(set(seen)) == NUMBER
    assert answered(app, cast) == ONCE


@pytest.mark.usefixtures("forty")
def test_forty_are_answered_without_scripts_each_once(app: Flask, window: OpenWindow, cast: Cast):
    sam = window(javascript=False).sign_in(cast.sam).go(WAITING)
    page = sam.page
    page.locator("#rows .m a").first.click()
    for _ in range(NUMBER):
        page.locator("#message").fill("It is done.")
        page.locator("#send button[type=submit]").first.click()
    sam.see("This was the last ticket of the view.")
    assert answered(app, cast) == ONCE
