"""After each action in place: who cannot see it is told, and focus is where the work goes on."""

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import select, update

from portal.extensions import db
from portal.models.delivery import Outbox, OutboxState
from portal.models.people import AfterSending, User
from portal.models.tickets import Comment, EventKind, Ticket, TicketEvent
from portal.queries.tickets.lists import ticket_list
from portal.queries.tickets.lists.ticket_filter import Sort
from tests import factories
from tests.browser.conftest import OpenWindow
from tests.browser.window import Window
from tests.cast import Cast

pytestmark = pytest.mark.databases("sqlite")

WATCH = """() => {
  window.told = [];
  const region = document.getElementById("status");
  new MutationObserver(() => told.push(region.textContent)).observe(region, { childList: true });
}"""
# Where focus is, as the first of these that fits it.
IS_AT = "selector => document.activeElement.matches(selector)"

# What the pill lies on, of the bars and the filters.
COVERED = """() => {
  const news = document.getElementById("news").getBoundingClientRect();
  const places = ".brand, .ways a, .find, .bell, .menu summary, .queue-head, .views a, .crumbs";
  return [...document.querySelectorAll(places)]
    .filter((one) => one.checkVisibility())
    .filter((one) => {
      const { left, right, top, bottom } = one.getBoundingClientRect();
      return left < news.right && right > news.left && top < news.bottom && bottom > news.top;
    })
    .map((one) => one.outerHTML);
}"""


class Desk:
    """A window with an ear on the live region."""

    def __init__(self, someone: Window, path: str) -> None:
        self.page = someone.go(path).page
        self.page.locator("[data-htmx-powered]").first.wait_for(state="attached")
        self.page.evaluate(WATCH)

    def after(self, act: Callable[[], object], told: str, at: str) -> None:
        """Do it; then `told` was said, and focus is on what `at` selects."""
        self.page.evaluate("told.length = 0")
        act()
        self.page.wait_for_function("words => told.some(text => text.includes(words))", arg=told)
        self.page.wait_for_function(IS_AT, arg=at)

    def press(self, *keys: str) -> Callable[[], None]:
        return lambda: [self.page.keyboard.press(key) for key in keys] and None

    def press_on(self, selector: str, key: str = "Enter") -> Callable[[], None]:
        """As one does who came there by Tab."""
        return lambda: self.page.locator(selector).first.press(key)


@pytest.fixture
def numbers(app: Flask, cast: Cast) -> list[int]:
    factories.go_on(app, AfterSending.STAY)
    subjects = ["Lift", "Lamp", "Door", "Radiator", "Window", "Stairs"]
    return [factories.file_ticket(app, cast.ann, subject).id for subject in subjects]


def test_the_list_says_what_it_shows_and_keeps_focus(
    app: Flask,
    window: OpenWindow,
    cast: Cast,
    numbers: list[int],
    monkeypatch: pytest.MonkeyPatch,
):
    _pages_of(monkeypatch, 4)
    desk = Desk(window().sign_in(cast.sam), "/tickets/queue")
    desk.after(desk.press_on("#page-next"), "2 tickets on this further page", "#rows .m a")
    desk.after(desk.press_on("#page-first"), "more on the next page", "#rows .m a")
    desk.after(desk.press_on("#view-mine"), "Mine: 0 tickets", "#view-mine")
    desk.after(desk.press_on("#view-all"), "All tickets: 4 tickets", "#view-all")
    desk.after(lambda: desk.page.locator("#q").press_sequentially("door"), "1 ticket.", "#q")
    desk.after(lambda: desk.page.locator("#q").fill(""), "4 tickets", "#q")
    desk.page.locator("#filter-menu summary").click()
    desk.page.locator("#f-priority").focus()
    desk.after(desk.press("ArrowDown"), "0 tickets", "#f-priority")
    desk.after(desk.press("ArrowUp"), "4 tickets", "#f-priority")

    for box in desk.page.locator("#rows [type=checkbox]").all()[:2]:
        box.check()
    desk.page.locator("#bulk-action").select_option("priority:low")
    desk.after(desk.press_on("#bulk-do"), "2 tickets changed.", "#rows .m a")
    desk.after(desk.press_on("#flash form button"), "2 tickets set back.", "#rows .m a")
    desk.press_on("#flash [data-dismiss]")()
    desk.page.wait_for_function(IS_AT, arg="#rows .m a")


@pytest.mark.parametrize("beside", [True, False], ids=["panel", "page"])
def test_a_ticket_says_what_was_done_to_it_and_keeps_focus(
    app: Flask, window: OpenWindow, cast: Cast, numbers: list[int], beside: bool
):
    desk = Desk(
        window().sign_in(cast.sam),
        "/tickets/queue?view=unsolved" if beside else "/tickets/REQ000006",
    )
    if beside:
        desk.press("j", "o")()
        desk.page.wait_for_function(IS_AT, arg="#panel-title")
    desk.after(desk.press_on("#deed-assignee"), "Assignee: Sam", "#fact-assignee")
    desk.page.locator("#fact-tags").click()
    desk.page.locator("#tags-field").fill("vpn")
    desk.after(desk.press_on("#tags-field"), "Tags: vpn.", "#fact-tags")
    message = desk.page.locator("#message")
    message.fill("I come at nine.")
    desk.after(desk.press_on("#message", "Control+Enter"), "Sent to Ann", "#message")
    message.fill("I am late.")
    desk.after(desk.press_on("#send-only"), "Sent to Ann", "#message")
    message.fill("Who is late?")
    factories.post_comment(app, cast.sue, factories.Filed(6, "", 0), "Not me.")
    desk.press_on("#send-only")()
    expect(desk.page.get_by_role("alert")).to_contain_text("Not me.")
    desk.page.wait_for_function(IS_AT, arg="#send-only")
    desk.after(desk.press_on("#send-only"), "Sent to Ann", "#message")
    message.fill("Done.")
    desk.page.locator("#send summary").click()
    solve = "#send .menu-item[value=solved]"
    desk.after(desk.press_on(solve), "Status: Solved.", "#message")
    if not beside:
        return
    desk.press("Escape", "j")()  # the row is gone, and the place in the list is not
    desk.page.wait_for_function(IS_AT, arg="#t5 a")


def test_a_mail_that_is_sent_again_says_so_and_focus_stays_at_its_message(
    app: Flask, window: OpenWindow, cast: Cast, numbers: list[int]
):
    with factories.writing(app):
        db.session.execute(update(Outbox).values(state=OutboxState.PARKED, error="550 unknown"))
    desk = Desk(window().sign_in(cast.sam), "/tickets/REQ000006")
    again = desk.press_on("[form=send-again]")
    desk.after(again, "The mail is on its way again.", "#comment-6 .msg-time")


def test_keys_walk_through_a_menu_of_values_and_only_the_chosen_one_counts(
    app: Flask, window: OpenWindow, cast: Cast, numbers: list[int]
):
    desk = Desk(window().sign_in(cast.sam), "/tickets/REQ000006")
    desk.page.locator("#fact-status").focus()
    desk.press("Enter")()
    desk.page.wait_for_function(IS_AT, arg="#menu-status [value=new]")
    desk.press(*["ArrowDown"] * 4)()
    desk.page.wait_for_function(IS_AT, arg="#menu-status [value=solved]")
    desk.after(desk.press("ArrowUp", "Enter"), "Status: On hold.", "#fact-status")
    desk.page.locator("#fact-assignee").focus()
    desk.press("Enter")()
    desk.page.wait_for_function(IS_AT, arg="#menu-assignee [aria-current]")
    desk.press("s", "u")()  # letters of a name are no keys of the page
    desk.page.wait_for_function(
        "name => document.activeElement.innerText === name", arg=cast.sue.name
    )
    desk.press("Escape")()
    desk.page.wait_for_function(IS_AT, arg="#fact-assignee")
    desk.press("p")()
    desk.page.wait_for_function(IS_AT, arg="#menu-priority [value=medium]")
    desk.after(desk.press("Home", "Enter"), "Priority: Urgent.", "#fact-priority")
    with app.app_context():
        kinds = list(
            db.session.scalars(
                select(TicketEvent.kind).where(TicketEvent.ticket_id == 6).order_by(TicketEvent.id)
            )
        )
    assert kinds[1:] == [EventKind.STATUS, EventKind.PRIORITY]


def test_a_changed_property_is_undone_in_place(
    app: Flask, window: OpenWindow, cast: Cast, numbers: list[int]
):
    desk = Desk(window().sign_in(cast.sam), "/tickets/REQ000006")
    desk.after(desk.press("e"), "Status: Solved.", "*")
    desk.after(desk.press("z"), "It is as it was.", "*")
    expect(desk.page.locator("#fact-status")).to_contain_text("New")
    expect(desk.page.locator("#flash")).to_be_empty()


@pytest.mark.parametrize("javascript", [True, False])
def test_a_menu_of_values_is_a_form(
    window: OpenWindow, cast: Cast, numbers: list[int], javascript: bool
):
    page = window(javascript=javascript).sign_in(cast.sam).go("/tickets/REQ000006").page
    page.locator("#fact-type").click()
    page.get_by_role("button", name="Problem").click()
    expect(page.locator("#fact-type")).to_contain_text("Problem")
    page.locator("#fact-priority").click()
    page.get_by_role("button", name="High").click()
    expect(page.locator("#flash")).to_contain_text("High")  # not that of the type
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#fact-priority")).to_contain_text("Medium")


@pytest.mark.parametrize("sort", Sort)
def test_a_shift_at_the_keyboard_answers_each_ticket_once(
    app: Flask,
    window: OpenWindow,
    cast: Cast,
    numbers: list[int],
    monkeypatch: pytest.MonkeyPatch,
    sort: Sort,
):
    """Each answer moves its row; whoever works down the list does not go in circles."""
    _pages_of(monkeypatch, 4)
    desk = Desk(window().sign_in(cast.sam), f"/tickets/queue?sort={sort}")
    for done in range(len(numbers)):
        desk.press("Escape", "j")()
        desk.page.wait_for_function(IS_AT, arg="#rows .m a")
        desk.press("o")()
        desk.page.wait_for_function(IS_AT, arg="#panel-title")
        desk.press("r")()
        desk.page.keyboard.type(f"Answer {done}")
        with desk.page.expect_response("**/tickets/queue?**"):  # the list comes anew
            desk.after(desk.press("Control+Enter"), "Sent to Ann", "#message")
    with app.app_context():
        answered = select(Comment.ticket_id).where(Comment.author_id == cast.sam.id)
        assert sorted(db.session.scalars(answered)) == numbers


def test_a_restored_ticket_and_a_rating_are_told_too(
    app: Flask, window: OpenWindow, cast: Cast, numbers: list[int]
):
    sam, ann = window().sign_in(cast.sam), window().sign_in(cast.ann)
    for number in ("REQ000001", "REQ000002"):
        sam.go(f"/tickets/{number}").page.locator(".talk > .ask summary").click()
        sam.page.locator(".talk > .ask button").click()
        sam.page.wait_for_url("**/tickets/queue")
    desk = Desk(sam, "/tickets/trash")
    desk.after(desk.press_on("#trash button"), "is back as it was", "#trash button")
    desk.after(desk.press_on("#trash button"), "is back as it was", "#main")
    with factories.writing(app):
        db.session.get_one(Ticket, 3).status = "solved"
    desk = Desk(ann, "/tickets/REQ000003")
    desk.page.locator("#rating [value=good]").check()
    desk.after(desk.press_on("#rating .actions button"), "Thank you", "#rating summary")


def _pages_of(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    monkeypatch.setitem(ticket_list.page.__kwdefaults__, "size", rows)


@pytest.mark.parametrize("path", ["/tickets/queue", "/tickets/REQ000006"])
@pytest.mark.parametrize("locale", ["en", "ru"])
def test_what_came_in_is_told_beside_the_navigation(
    app: Flask, window: OpenWindow, cast: Cast, numbers: list[int], path: str, locale: str
):
    with factories.writing(app):
        db.session.execute(update(User).values(locale=locale))
    page = window(locale=locale).sign_in(cast.ada).go(path).page
    page.evaluate("lodge.say('message', () => {})")
    for width in (360, 768, 1088, 1440):
        page.set_viewport_size({"width": width, "height": 800})
        assert not page.evaluate(COVERED), width


def test_what_came_in_is_no_news_to_who_has_answered(
    app: Flask, window: OpenWindow, cast: Cast, numbers: list[int]
):
    desk = Desk(window().sign_in(cast.sam), "/tickets/REQ000006")
    desk.page.evaluate("lodge.say('message', () => {})")
    expect(desk.page.locator("#news")).to_contain_text("A new message came in.")
    desk.page.locator("#message").fill("I have read it.")
    desk.after(desk.press_on("#send-only"), "Sent to Ann", "#message")
    expect(desk.page.locator("#news")).to_be_empty()
