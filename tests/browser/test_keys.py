"""Single keys on every page for staff: each presses a control that is there."""

import re

import pytest
from flask import Flask
from playwright.sync_api import expect

from portal.extensions import db
from portal.models.people import User
from portal.services.tickets import saved_views
from tests import factories
from tests.browser.conftest import OpenWindow
from tests.browser.window import Window
from tests.cast import Cast

pytestmark = pytest.mark.databases("sqlite")
TICKET = "/tickets/REQ000001"
NEWEST = "/tickets/queue?view=all"


@pytest.fixture
def sam(app: Flask, window: OpenWindow, cast: Cast) -> Window:
    factories.file_ticket(app, cast.ann, "Lamp is dark")
    factories.file_ticket(app, cast.ann, "Door squeaks")
    return window().sign_in(cast.sam)


@pytest.fixture(params=["page", "panel"])
def ticket(sam: Window, request: pytest.FixtureRequest) -> Window:
    """A ticket as a page, and beside the list."""
    if request.param == "page":
        return sam.go(TICKET)
    sam.go(NEWEST)
    for key in "jjo":
        sam.page.keyboard.press(key)
    expect(sam.page.get_by_role("heading", name="Lamp is dark")).to_be_focused()
    return sam


def test_the_ticket_is_answered_and_changed_by_keys(ticket: Window):
    press, page = ticket.page.keyboard.press, ticket.page
    message = page.locator("#message")
    press("n")
    expect(message).to_be_focused()
    expect(page.locator(".mode-note input")).to_be_checked()
    page.keyboard.type("asptemzn? are letters here")
    expect(message).to_have_value("asptemzn? are letters here")
    message.evaluate("e => { e.value = ''; e.blur(); }")
    press("r")
    expect(page.locator(".modes [name=internal][value='']")).to_be_checked()
    expect(message).to_be_focused()
    message.evaluate("e => e.blur()")
    for key, name in (("a", "assignee"), ("s", "status"), ("p", "priority"), ("t", "tags")):
        press(key)
        expect(page.locator(f"#menu-{name}:focus-within .menu-body")).to_be_visible()
        press("Escape")
        expect(page.locator(f"#fact-{name}")).to_be_focused()


def test_a_ticket_is_solved_with_what_is_written(ticket: Window):
    page = ticket.page
    page.keyboard.press("r")
    page.keyboard.type("A new bulb is in.")
    page.locator("#message").evaluate("e => e.blur()")
    with page.expect_response(lambda answer: answer.url.endswith("/comments")) as sent:
        page.keyboard.press("e")
    assert "solved" in (sent.value.request.post_data or "")


def test_a_ticket_is_solved_without_a_word(ticket: Window):
    with ticket.page.expect_response(lambda answer: answer.url.endswith("/status")):
        ticket.page.keyboard.press("e")


def test_no_key_works_with_a_modifier_or_in_a_menu(ticket: Window):
    page = ticket.page
    for key in ("Control+n", "Alt+n", "Shift+n"):
        page.keyboard.press(key)
    page.locator("#fact-priority").click()
    page.keyboard.press("n")
    expect(page.locator(".mode-note input")).not_to_be_checked()


def test_the_help_is_everywhere_and_lists_what_somebody_has_chosen(
    app: Flask, cast: Cast, sam: Window
):
    with factories.writing(app):
        db.session.get_one(User, cast.sam.id).shortcuts = "help=h down=v"
    for path in ("/tickets/queue", TICKET, "/tickets/new", "/account/"):
        sam.go(path)
        sam.page.locator("h1").first.evaluate("() => document.activeElement.blur()")
        sam.page.keyboard.press("h")
        dialog = sam.page.get_by_role("dialog", name="Keyboard shortcuts")
        expect(dialog).to_contain_text("Down the list")
        sam.page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
    sam.go(NEWEST)
    sam.page.keyboard.press("v")
    expect(sam.link("Door squeaks")).to_be_focused()


def test_views_have_numbers(app: Flask, cast: Cast, sam: Window):
    with factories.writing(app):
        saved_views.create(actor=cast.sam, name="Doors", query="q=door", key=2)
    sam.go(NEWEST)
    for key in "g2":
        sam.page.keyboard.press(key)
    expect(sam.page.locator("#saved-views [aria-current]")).to_contain_text("Doors")
    expect(sam.page.locator("#rows tr")).to_have_count(1)
    for key in "g1":
        sam.page.keyboard.press(key)
    expect(sam.page.locator("#rows tr")).to_have_count(2)
    sam.page.keyboard.press("2")
    expect(sam.page.locator("#rows tr")).to_have_count(2)


def test_signs_and_letters_count_by_their_place_under_another_layout(sam: Window):
    sam.go(NEWEST)
    sam.page.evaluate(
        """for (const [key, code] of [["о", "KeyJ"], ["щ", "KeyO"]])
             document.activeElement.dispatchEvent(
               new KeyboardEvent("keydown", { key, code, bubbles: true }))"""
    )
    expect(sam.page.get_by_role("heading", name="Door squeaks")).to_be_focused()


def test_the_palette_finds_and_does(sam: Window):
    page = sam.go(TICKET).page
    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="Go anywhere, do anything")
    field = palette.get_by_role("searchbox")
    expect(field).to_be_focused()
    page.keyboard.type("solved")
    expect(palette.get_by_role("button", name="Status: Solved")).to_be_visible()
    expect(palette.get_by_role("button", name="Status: Open")).to_have_count(0)
    page.keyboard.press("ArrowDown")
    expect(palette.get_by_role("button", name="Status: Solved")).to_be_focused()
    page.keyboard.press("Enter")
    expect(palette).to_be_hidden()
    expect(page.locator("#status")).to_contain_text("Solved")
    page.keyboard.press("Control+k")
    page.keyboard.type("ann arch")
    expect(palette.get_by_role("link", name="Ann Archer")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/people/USR"))
    for key in "g1":
        page.keyboard.press(key)
    expect(page).to_have_url(re.compile("/tickets/queue"))


def test_whoever_is_quicker_than_the_page_s_scripts_finds_something_too(sam: Window):
    """htmx goes through a page a moment after it was loaded: here only when it is told to."""
    sam.context.add_init_script(
        "const wait = setTimeout; window.late = [];"
        "window.setTimeout = (f, ...how) => how.length ? wait(f, ...how) : late.push(f);"
    )
    page = sam.go(TICKET).page
    page.keyboard.press("Control+k")
    expect(page.locator("#palette .go-way").first).to_be_visible()
    page.evaluate("late.forEach(begin => begin())")
    page.keyboard.type("ann arch")
    expect(page.locator("#palette").get_by_role("link", name="Ann Archer")).to_be_visible()
