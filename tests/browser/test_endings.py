"""What is left on a screen when a session is over."""

import re

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import delete

from portal.extensions import db
from portal.models.people import UserSession
from tests import factories
from tests.browser.conftest import OpenWindow
from tests.cast import Cast

pytestmark = pytest.mark.databases("sqlite")

SIGN_IN = re.compile("/auth/login")


def end_all_sessions(app: Flask) -> None:
    with factories.writing(app):
        db.session.execute(delete(UserSession))


def test_a_session_that_ends_leads_the_whole_page_to_sign_in(
    app: Flask, window: OpenWindow, cast: Cast
):
    factories.file_ticket(app, cast.ann, "Only for staff")
    sam = window().sign_in(cast.sam)
    for touch in (
        lambda: sam.link("All tickets 1").click(),
        lambda: sam.link("Only for staff").click(),
        lambda: sam.page.get_by_role("searchbox", name="Search tickets").fill("staff"),
    ):
        end_all_sessions(app)
        touch()
        expect(sam.page).to_have_url(SIGN_IN)
        expect(sam.page.get_by_role("heading", name="Sign in")).to_be_visible()
        sam.never_see("Only for staff")
        sam.enter(cast.sam.email)
        sam.see("Only for staff")


def test_an_answer_that_was_written_too_late_is_there_after_signing_in_again(
    app: Flask, window: OpenWindow, cast: Cast
):
    factories.file_ticket(app, cast.ann, "Slow to answer")
    sam = window().sign_in(cast.sam).go("/tickets/REQ000001")
    # The page asks for these by itself, and would lead to sign in before anything is sent.
    expect(sam.page.locator("#similar-link")).to_have_count(0)
    sam.page.get_by_label("Message").fill("A long and careful answer")
    end_all_sessions(app)
    sam.button("Send").click()
    expect(sam.page).to_have_url(SIGN_IN)
    sam.enter(cast.sam.email)
    expect(sam.page.get_by_role("heading", name="Slow to answer")).to_be_visible()
    expect(sam.page.get_by_label("Message")).to_have_value("A long and careful answer")
    assert not sam.asked_to_stay
    sam.button("Send").click()
    expect(sam.page.locator("#timeline")).to_contain_text("A long and careful answer")


def test_a_page_that_tells_who_is_here_after_that_shows_no_fault(
    app: Flask, window: OpenWindow, cast: Cast
):
    factories.file_ticket(app, cast.ann, "Slow to answer")
    sam = window().sign_in(cast.sam)
    ended = {"status": 303, "headers": {"Location": "/auth/login"}}
    sam.page.route("**/presence", lambda route: route.fulfill(**ended))
    with sam.page.expect_request("**/presence"):
        sam.go("/tickets/REQ000001")
    with sam.page.expect_request("**/presence"):  # once the first has been answered
        sam.page.evaluate("document.dispatchEvent(new Event('lodge:presence'))")
    sam.see("Slow to answer")


@pytest.mark.threat("answers kept by others")
def test_the_back_button_shows_nothing_after_sign_out(app: Flask, window: OpenWindow, cast: Cast):
    factories.file_ticket(app, cast.ann, "Only for Ann", "The safe is behind the picture.")
    ann = window().sign_in(cast.ann)
    ann.link("Only for Ann").click()
    ann.see("The safe is behind the picture.")
    ann.sign_out()
    for _ in range(2):
        ann.page.go_back(wait_until="commit")
        expect(ann.page).to_have_url(SIGN_IN)
        ann.never_see("The safe is behind", "Only for Ann")
