"""What somebody writes is on every device of theirs until it is sent."""

import json

import pytest
from flask import Flask
from playwright.sync_api import Route, expect
from sqlalchemy import select

from portal.extensions import db
from portal.models.tickets import Draft
from tests import factories
from tests.browser.conftest import OpenWindow
from tests.browser.window import Window
from tests.cast import Cast

pytestmark = pytest.mark.databases("sqlite")

TICKET = "/tickets/REQ000001"
TEXT = "A long and careful answer"


@pytest.fixture(autouse=True)
def ticket(app: Flask, cast: Cast) -> None:
    factories.file_ticket(app, cast.ann, "Slow to answer")


def write(window: Window, text: str) -> None:
    """Type an answer, and see it saved."""
    with window.page.expect_response("**/draft") as saved:
        window.page.get_by_label("Message").fill(text)
        if not window.javascript:
            window.button("Save draft").click()
    assert saved.value.status in {200, 303}
    expect(window.page.locator("[data-draft-state]")).to_contain_text("Draft saved")


def drafts(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Draft.message)))


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "none"])
def test_a_draft_of_one_browser_is_sent_from_another_and_gone_in_both(
    app: Flask, window: OpenWindow, cast: Cast, javascript: bool
):
    here, there = (window(javascript=javascript).sign_in(cast.sam).go(TICKET) for _ in range(2))
    write(here, TEXT)
    there.go(TICKET)
    expect(there.page.get_by_label("Message")).to_have_value(TEXT)
    there.button("Send").click()
    expect(there.page.locator("#timeline")).to_contain_text(TEXT)
    expect(there.page.get_by_label("Message")).to_have_value("")
    here.go(TICKET)
    expect(here.page.get_by_label("Message")).to_have_value("")
    assert drafts(app) == []
    assert not here.asked_to_stay


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "none"])
def test_a_ticket_that_was_begun_waits_where_it_is_filed(
    app: Flask, window: OpenWindow, cast: Cast, javascript: bool
):
    ann = window(javascript=javascript).sign_in(cast.ann).go("/tickets/new")
    ann.page.get_by_label("Subject").fill("Cold")
    write(ann, "It is cold.")
    ann.go("/tickets/new")
    expect(ann.page.get_by_label("Subject")).to_have_value("Cold")
    expect(ann.page.get_by_label("Message")).to_have_value("It is cold.")
    ann.page.get_by_label("Subject").press("Enter")
    expect(ann.page.get_by_role("heading", name="Cold")).to_be_visible()
    assert drafts(app) == []


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "none"])
def test_a_draft_that_was_thrown_away_can_be_brought_back(
    window: OpenWindow, cast: Cast, javascript: bool
):
    sam = window(javascript=javascript).sign_in(cast.sam).go(TICKET)
    write(sam, TEXT)
    sam.button("Throw away").click()
    expect(sam.page.get_by_label("Message")).to_have_value("")
    sam.button("Bring it back").click()
    expect(sam.page.get_by_label("Message")).to_have_value(TEXT)
    expect(sam.page.locator("#timeline")).not_to_contain_text(TEXT)


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "none"])
def test_a_draft_that_was_thrown_away_is_brought_back_from_a_page_that_is_opened_later(
    window: OpenWindow, cast: Cast, javascript: bool
):
    sam = window(javascript=javascript).sign_in(cast.sam).go(TICKET)
    write(sam, TEXT)
    sam.button("Throw away").click()
    expect(sam.button("Bring it back")).to_be_visible()
    sam.go(TICKET).button("Bring it back").click()
    expect(sam.page.get_by_label("Message")).to_have_value(TEXT)


def test_what_another_device_wrote_is_offered_and_not_lost(window: OpenWindow, cast: Cast):
    here, there = (window().sign_in(cast.sam).go(TICKET) for _ in range(2))
    write(here, TEXT)
    write(there, "Something else")
    there.page.get_by_text("Something else was written on another device").click()
    there.see(TEXT)
    there.button("Use that text instead").click()
    expect(there.page.get_by_label("Message")).to_have_value(TEXT)


def test_the_last_words_before_another_page_are_kept(app: Flask, window: OpenWindow, cast: Cast):
    sam = window().sign_in(cast.sam).go(TICKET)
    sam.page.get_by_label("Message").fill(TEXT)
    sam.go("/tickets/").go(TICKET)
    expect(sam.page.get_by_label("Message")).to_have_value(TEXT)
    assert not sam.asked_to_stay


def test_a_property_changed_meanwhile_takes_nothing_of_the_text(window: OpenWindow, cast: Cast):
    sam = window().sign_in(cast.sam).go(TICKET)
    write(sam, TEXT)
    sam.page.get_by_label("Message").fill(f"{TEXT}, and more")
    sam.set_property("Priority", "Urgent")
    expect(sam.page.locator("#timeline")).to_contain_text("Urgent")
    expect(sam.page.get_by_label("Message")).to_have_value(f"{TEXT}, and more")


def test_what_cannot_be_saved_is_said_and_kept_in_the_tab(
    app: Flask, window: OpenWindow, cast: Cast
):
    sam = window().sign_in(cast.sam).go(TICKET)
    sam.page.route("**/draft", lambda route: route.abort())
    sam.page.get_by_label("Message").fill(TEXT)
    sam.see("Your text could not be saved.")
    sam.go("/tickets/")
    assert sam.asked_to_stay == 1
    sam.page.unroute("**/draft")
    with sam.page.expect_response("**/draft"):
        sam.go(TICKET)
    expect(sam.page.get_by_label("Message")).to_have_value(TEXT)
    expect(sam.page.locator("[data-draft-state]")).to_contain_text("Draft saved")
    assert drafts(app) == [TEXT]
    sam.faults.clear()  # of requests that failed on purpose: the browser tells when it likes


def test_a_ticket_that_met_no_server_is_still_there(app: Flask, window: OpenWindow, cast: Cast):
    ann = window().sign_in(cast.ann).go("/tickets/new")
    ann.page.route("**/tickets/new**", lambda route: route.abort())
    ann.page.get_by_label("Subject").fill("Cold")
    ann.page.get_by_label("Message").fill(TEXT)
    ann.button("Send").click()
    ann.page.wait_for_url("chrome-error://**")
    ann.page.unroute("**/tickets/new**")
    ann.faults.clear()  # what failed on purpose
    with ann.page.expect_response("**/draft"):
        ann.go("/tickets/new")
    expect(ann.page.get_by_label("Subject")).to_have_value("Cold")
    expect(ann.page.get_by_label("Message")).to_have_value(TEXT)
    ann.button("Send").click()
    expect(ann.page.get_by_role("heading", name="Cold")).to_be_visible()
    ann.go("/tickets/new")
    expect(ann.page.get_by_label("Message")).to_have_value("")
    assert drafts(app) == []


def test_who_types_without_a_pause_saves_now_and_then_and_not_with_each_key(
    window: OpenWindow, cast: Cast
):
    sam = window().sign_in(cast.sam).go(TICKET)
    sent: list[str] = []
    sam.page.on("request", lambda request: sent.append(request.url))
    sam.page.clock.install()
    for letter in "abcdefghijklmnopqrstuvwxyz":
        sam.page.get_by_label("Message").press(letter)
        sam.page.clock.run_for(500)
    saves = [url for url in sent if url.endswith("/draft")]
    assert 2 <= len(saves) <= 4


def test_what_a_tab_kept_before_there_were_drafts_is_taken_over(
    app: Flask, window: OpenWindow, cast: Cast
):
    sam = window().sign_in(cast.sam).go("/tickets/")
    kept = {"who": cast.sam.email, "texts": [[f"{sam.site}{TICKET}/comments", TEXT]]}
    sam.page.evaluate("kept => sessionStorage.setItem('lodge.drafts', kept)", json.dumps(kept))
    with sam.page.expect_response("**/draft"):
        sam.page.reload()
    sam.go(TICKET)
    expect(sam.page.get_by_label("Message")).to_have_value(TEXT)


def test_nobody_gets_what_somebody_else_has_typed_in_the_same_tab(
    app: Flask, window: OpenWindow, cast: Cast
):
    sam = window().sign_in(cast.sam).go("/tickets/")
    kept = {"who": cast.sue.email, "texts": [[f"{TICKET}/draft", "message=Secret"]]}
    sam.page.evaluate("kept => sessionStorage.setItem('lodge.drafts', kept)", json.dumps(kept))
    sam.page.reload()
    sam.go(TICKET)
    expect(sam.page.get_by_label("Message")).to_have_value("")
    assert drafts(app) == []


def test_a_save_that_is_under_way_does_not_outlive_what_is_sent(
    app: Flask, window: OpenWindow, cast: Cast
):
    sam = window().sign_in(cast.sam).go(TICKET)
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    sam.page.route("**/draft", hold)
    sam.page.get_by_label("Message").fill(TEXT)
    while not waiting:
        sam.page.wait_for_timeout(20)
    sam.button("Send").click()
    waiting[0].continue_()
    expect(sam.page.locator("#timeline")).to_contain_text(TEXT)
    assert drafts(app) == []
