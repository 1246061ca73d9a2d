"""A morning in the queue without a mouse, and the browser's own ways through it."""

import re

import pytest
from flask import Flask
from playwright.sync_api import Locator, expect

from portal.models.people import AfterSending
from portal.models.tickets import Priority
from tests import factories
from tests.browser.conftest import OpenWindow
from tests.browser.window import Window
from tests.cast import Cast

pytestmark = pytest.mark.databases("postgresql")

SUBJECTS = ["Lift is stuck", "Door squeaks", "Lamp is dark", "Cold radiator"]


@pytest.fixture
def sam(app: Flask, window: OpenWindow, cast: Cast) -> Window:
    """Sam at a queue of four tickets, the first one urgent, the last activity first."""
    factories.go_on(app, AfterSending.STAY)
    for subject in reversed(SUBJECTS[1:]):
        factories.file_ticket(app, cast.ann, subject)
    factories.file_ticket(app, cast.bob, SUBJECTS[0], priority=Priority.URGENT)
    return window().sign_in(cast.sam).go("/tickets/queue?view=unsolved")


def test_tickets_are_read_and_answered_by_keyboard_alone(sam: Window):
    press = sam.page.keyboard.press
    for key, focused in [("j", 0), ("j", 1), ("k", 0), ("k", 0), ("j", 1)]:
        press(key)
        expect(sam.link(SUBJECTS[focused])).to_be_focused()
    press("o")
    title = sam.page.get_by_role("heading", name=SUBJECTS[1])
    expect(title).to_be_focused()
    press("r")
    expect(sam.page.get_by_label("Message")).to_be_focused()
    sam.page.keyboard.type("Oil will help. j k o x r / ?")
    press("Control+Enter")
    expect(sam.page.locator("#timeline")).to_contain_text("Oil will help. j k o x r / ?")
    expect(sam.page.locator("#rows tr").first).to_contain_text(SUBJECTS[1])  # the latest activity
    press("Escape")
    expect(title).to_have_count(0)
    expect(sam.link(SUBJECTS[1])).to_be_focused()

    press("?")
    expect(sam.page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    press("Escape")
    expect(sam.page.get_by_role("dialog")).to_have_count(0)


def test_who_is_answered_leaves_the_list_and_the_next_one_is_a_key_away(sam: Window):
    press = sam.go("/").page.keyboard.press  # the longest waiting first
    for key in "jo":
        press(key)
    title = sam.page.get_by_role("heading", name=SUBJECTS[3])
    expect(title).to_be_focused()
    press("r")
    sam.page.keyboard.type("Oil will help.")
    press("Control+Enter")
    expect(sam.page.locator("#rows tr")).to_have_count(3)
    expect(sam.link(SUBJECTS[3])).to_have_count(0)
    press("Escape")
    expect(title).to_have_count(0)
    expect(sam.page.locator("#list")).to_be_focused()
    press("j")
    expect(sam.link(SUBJECTS[2])).to_be_focused()


def test_many_tickets_are_solved_and_brought_back_by_keyboard_alone(sam: Window):
    press = sam.page.keyboard.press
    for key in "jxjx":
        press(key)
    sam.see("selected")
    actions = sam.page.get_by_label("Actions", exact=True)
    _tab_to(sam, actions)
    _choose(sam, actions, "Solved")
    _tab_to(sam, sam.button("Apply"))
    press("Enter")
    sam.see("2 tickets changed.")
    expect(sam.page.locator("#rows tr")).to_have_count(2)
    _tab_to(sam, sam.button("Undo"))
    press("Enter")
    sam.see("2 tickets set back.")
    expect(sam.page.locator("#rows tr")).to_have_count(4)


def test_filters_are_addresses_and_the_back_button_walks_through_them(sam: Window):
    rows = sam.go("/").page.locator("#rows tr")
    box = sam.page.get_by_role("searchbox", name="Search tickets")
    sam.page.keyboard.press("/")
    expect(box).to_be_focused()
    sam.page.keyboard.type("lamp")
    expect(sam.page).to_have_url(re.compile(r"/tickets/queue\?q=lamp"))
    expect(rows).to_have_count(1)
    expect(box).to_be_focused()
    box.fill("")
    expect(rows).to_have_count(4)
    sam.page.locator("#filter-menu summary").press("Enter")
    sam.page.get_by_label("Priority", exact=True).select_option(label="Urgent")
    expect(sam.page).to_have_url(re.compile(r"priority=urgent"))
    expect(rows).to_have_count(1)
    sam.link("Mine 0").click()
    sam.see("This view is empty")

    sam.page.go_back()
    expect(sam.page).to_have_url(re.compile(r"priority=urgent"))
    expect(rows).to_have_count(1)
    _until_htmx_listens(sam)
    expect(sam.page.get_by_label("Priority", exact=True)).to_have_value("urgent")
    sam.page.go_back()
    expect(rows).to_have_count(4)
    _until_htmx_listens(sam)
    sam.page.go_back()
    expect(rows).to_have_count(1)
    _until_htmx_listens(sam)
    expect(box).to_have_value("lamp")
    sam.page.go_forward()
    expect(rows).to_have_count(4)
    _until_htmx_listens(sam)
    expect(box).to_have_value("")
    sam.page.go_forward()
    expect(rows).to_have_count(1)
    sam.page.reload()
    expect(rows).to_have_count(1)


def test_letters_work_under_a_cyrillic_layout(sam: Window):
    sam.page.evaluate(
        """document.body.dispatchEvent(
             new KeyboardEvent("keydown", { key: "о", code: "KeyJ", bubbles: true }))"""
    )
    expect(sam.link(SUBJECTS[0])).to_be_focused()


def test_single_letters_can_be_switched_off(sam: Window):
    sam.page.locator("header summary").last.click()
    sam.link("Keyboard shortcuts").click()
    sam.page.get_by_label("Single-letter shortcuts are on").uncheck()
    sam.page.keyboard.press("Escape")
    sam.page.reload()
    sam.page.keyboard.press("j")
    expect(sam.page.locator("#rows a:focus")).to_have_count(0)


def _until_htmx_listens(someone: Window) -> None:
    """Back and forward mean another page only to a page whose scripts have come."""
    someone.page.wait_for_load_state()
    someone.page.locator("[data-htmx-powered]").first.wait_for(state="attached")


def _choose(someone: Window, choice: Locator, text: str) -> None:
    """Go down a list that has the focus. Who types its words is to be quick: a second each."""
    for _ in range(20):
        if choice.evaluate("e => e.selectedOptions[0].text") == text:
            return
        someone.page.keyboard.press("ArrowDown")
    raise AssertionError(f"no {text} in the list")


def _tab_to(someone: Window, control: Locator) -> None:
    """Press Tab until `control` has the focus: whoever cannot point gets there like this."""
    for _ in range(80):
        if control.evaluate("e => e === document.activeElement"):
            return
        someone.page.keyboard.press("Tab")
    raise AssertionError(f"Tab never comes to {control}")
