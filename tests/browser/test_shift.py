"""A shift in the queue: from ticket to ticket without a look for where one is."""

import re

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import select

from portal.extensions import db
from portal.models.tickets import Comment, Ticket, TicketStatus
from tests import factories
from tests.browser.conftest import OpenWindow
from tests.browser.test_actions import Desk
from tests.cast import Cast

pytestmark = pytest.mark.databases("sqlite")
SUBJECTS = ["Lift", "Lamp", "Door", "Radiator", "Window"]
# Each place that focus has, from now on.
FOLLOW = """() => {
  window.lost = 0;
  const look = () => {
    if (document.activeElement === document.body && document.hasFocus()) window.lost += 1;
  };
  document.addEventListener("htmx:finally:request", () => setTimeout(look, 50));
}"""


@pytest.fixture
def tickets(app: Flask, cast: Cast) -> list[int]:
    return [factories.file_ticket(app, cast.ann, subject).id for subject in SUBJECTS]


def done(app: Flask, cast: Cast) -> list[tuple[int, str]]:
    """Each answer of Sam's with its ticket, and what became of the ticket."""
    query = select(Ticket.id, Ticket.status).join(Comment).where(Comment.author_id == cast.sam.id)
    with app.app_context():
        return sorted(tuple(row) for row in db.session.execute(query))


def test_five_tickets_are_answered_and_solved_by_ten_keys_and_their_texts(
    app: Flask, window: OpenWindow, cast: Cast, tickets: list[int]
):
    desk = Desk(window().sign_in(cast.sam), "/tickets/queue?view=unsolved&sort=created_at")
    desk.press("j", "o")()
    desk.page.evaluate(FOLLOW)
    for at, subject in enumerate(SUBJECTS):
        title = desk.page.get_by_role("heading", name=subject, exact=True)
        expect(title).to_be_focused()
        assert subject in desk.page.title()
        desk.press("r")()
        expect(desk.page.locator("#message")).to_be_focused()
        desk.page.keyboard.type(f"Answer {at}")
        last = subject == SUBJECTS[-1]
        then = "#list" if last else "#panel-title"
        desk.after(desk.press("Control+Shift+Enter"), "Sent to Ann Archer. Status: Solved.", then)
    expect(desk.page.locator("#status")).to_contain_text("This was the last ticket of the view.")
    assert done(app, cast) == [(number, TicketStatus.SOLVED) for number in tickets]
    assert desk.page.evaluate("lost") == 0


def test_the_panel_follows_j_and_k(window: OpenWindow, cast: Cast, tickets: list[int]):
    sam = window().sign_in(cast.sam)
    desk = Desk(sam, "/tickets/queue?view=unsolved&sort=created_at")
    desk.press("j", "o")()
    expect(sam.page.get_by_role("heading", name="Lift", exact=True)).to_be_focused()
    for key, subject in [("j", "Lamp"), ("j", "Door"), ("k", "Lamp")]:
        desk.press(key)()
        expect(sam.page.get_by_role("heading", name=subject, exact=True)).to_be_focused()
        number = SUBJECTS.index(subject) + 1
        expect(sam.page).to_have_url(re.compile(f"open=REQ00000{number}"))
        assert sam.page.title().startswith(f"REQ00000{number} {subject}")
    sam.page.reload()
    expect(sam.page.get_by_role("heading", name="Lamp", exact=True)).to_be_visible()
    expect(sam.page.locator("#rows [aria-current]")).to_have_text("Lamp")
    sam.page.locator("[data-htmx-powered]").first.wait_for(state="attached")
    sam.page.keyboard.press("Escape")
    expect(sam.link("Lamp")).to_be_focused()
    assert "open=" not in sam.page.url
    sam.page.go_back()
    expect(sam.page.get_by_role("heading", name="Lamp", exact=True)).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain_forms"])
def test_pages_of_their_own_lead_on_too(
    app: Flask, window: OpenWindow, cast: Cast, tickets: list[int], javascript: bool
):
    sam = window(javascript=javascript, width=800).sign_in(cast.sam)
    sam.go("/tickets/queue?view=unsolved&sort=created_at").link("Lift").click()
    for at, subject in enumerate(SUBJECTS):
        expect(sam.page.get_by_role("heading", name=subject, level=1)).to_be_visible()
        sam.page.get_by_label("Message").fill(f"Answer {at}")
        sam.button("Send, solve, next").click()
    sam.see("This was the last ticket of the view.")
    assert done(app, cast) == [(number, TicketStatus.SOLVED) for number in tickets]
