"""A saved reply is found by keys and stands where the cursor was."""

from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import expect

from portal.services.tickets import saved_replies
from tests import factories
from tests.browser.conftest import OpenWindow
from tests.cast import Cast

pytestmark = pytest.mark.databases("sqlite")

TICKET = "/tickets/REQ000001"


@pytest.fixture(autouse=True)
def replies(app: Flask, cast: Cast) -> None:
    factories.file_ticket(app, cast.ann, "No hot water")
    with factories.writing(app):
        for name, text, changes in (
            ("Hello", "Hello {{requester.first_name}}", {}),
            ("Refund", "Paid back.", {"status": "solved", "priority": "low"}),
        ):
            saved_replies.create(
                actor=cast.sam,
                name=name,
                message=text,
                internal=False,
                shared=False,
                changes=changes,
            )


def test_a_slash_and_a_few_letters_put_it_where_the_cursor_stands(window: OpenWindow, cast: Cast):
    page = window().sign_in(cast.sam).go(TICKET).page
    page.get_by_label("Message").click()
    page.keyboard.type("First.")
    page.keyboard.press("Enter")
    page.keyboard.type("/")
    expect(page.locator("#reply-q")).to_be_focused()
    page.keyboard.type("hel")
    expect(page.locator("dialog.replies li")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Message")).to_have_value("First.\nHello Ann")
    expect(page.get_by_label("Message")).to_be_focused()
    expect(page.locator("dialog.replies")).to_have_count(0)


def test_a_macro_is_applied_by_keys_and_undone_by_one_button(
    app: Flask, window: OpenWindow, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(app.config, "UNDO_SEND", timedelta(seconds=60))
    page = window().sign_in(cast.sam).go(TICKET).page
    page.locator("h1").click()
    page.keyboard.press("m")
    expect(page.locator("#reply-q")).to_be_focused()
    page.locator("#apply-2").press("Enter")
    expect(page.locator("#timeline")).to_contain_text("Paid back.")
    expect(page.locator("#fact-priority")).to_contain_text("Low")
    expect(page.locator("dialog.replies")).to_have_count(0)
    expect(page.locator("#status")).to_contain_text("“Refund” is applied; its answer is about")
    page.get_by_label("Message").focus()
    undo = page.locator("#flash").get_by_role("button", name="Undo")
    expect(undo).to_be_in_viewport()
    undo.click()
    expect(page.locator("#status")).to_contain_text("It is as it was.")
    expect(page.locator("#timeline")).not_to_contain_text("Paid back.")
    expect(page.locator("#fact-priority")).to_contain_text("Medium")
    expect(page.locator("body")).not_to_be_focused()


def test_escape_closes_the_list_and_changes_nothing(window: OpenWindow, cast: Cast):
    page = window().sign_in(cast.sam).go(TICKET).page
    page.get_by_label("Message").click()
    page.keyboard.type("/")
    expect(page.locator("#reply-q")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_label("Message")).to_have_value("/")
    expect(page.get_by_label("Message")).to_be_focused()


def test_without_scripts_the_way_leads_over_a_page(window: OpenWindow, cast: Cast):
    page = window(javascript=False).sign_in(cast.sam).go(TICKET).page
    page.get_by_label("Message").fill("First.")
    page.locator("#open-replies").click()
    page.locator("#insert-1").click()
    expect(page.get_by_label("Message")).to_have_value("First.\n\nHello Ann")
