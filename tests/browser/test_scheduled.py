"""An answer is taken back before it leaves, by one button."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import func, select

from jobs.scheduled import send
from portal.extensions import db
from portal.models.tickets import Comment
from tests import factories
from tests.browser.conftest import OpenWindow
from tests.browser.window import Window
from tests.cast import Cast

pytestmark = pytest.mark.databases("sqlite")

TICKET = "/tickets/REQ000001"
TEXT = "It will be warm tomorrow."
BOTH = pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "none"])


@pytest.fixture(autouse=True)
def ticket(app: Flask, cast: Cast) -> Iterator[None]:
    factories.file_ticket(app, cast.ann, "No hot water")
    app.config["UNDO_SEND"] = timedelta(seconds=60)
    yield
    app.config["UNDO_SEND"] = timedelta(0)


def answer(window: Window) -> None:
    window.page.get_by_label("Message").fill(TEXT)
    window.button("Send").click()
    expect(window.page.locator("#scheduled-1")).to_contain_text("Leaves in")


def comments(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Comment)) or 0


@BOTH
def test_an_answer_is_taken_back_and_sent_again(
    app: Flask, window: OpenWindow, cast: Cast, javascript: bool
):
    sam = window(javascript=javascript).sign_in(cast.sam).go(TICKET)
    answer(sam)
    assert comments(app) == 1
    sam.page.locator("#undo-send-1").click()
    expect(sam.page.get_by_label("Message")).to_have_value(TEXT)
    expect(sam.page.locator("#scheduled-1")).to_have_count(0)
    if javascript:
        expect(sam.page.get_by_label("Message")).to_be_focused()
        expect(sam.page.locator("#status")).to_contain_text("Taken back")
    sam.button("Send").click()
    expect(sam.page.locator("#scheduled-2")).to_contain_text(TEXT)


def test_what_is_being_written_stays_beside_it(window: OpenWindow, cast: Cast):
    sam = window().sign_in(cast.sam).go(TICKET)
    answer(sam)
    expect(sam.page.get_by_label("Message")).to_have_value("")
    with sam.page.expect_response("**/draft"):
        sam.page.get_by_label("Message").fill("And another thing")
    expect(sam.page.locator("[data-draft-state]")).to_contain_text("Draft saved")
    sam.page.locator("#undo-send-1").click()
    expect(sam.page.get_by_label("Message")).to_have_value(TEXT)
    expect(sam.page.locator("[data-draft-state]")).to_contain_text("And another thing")


@BOTH
def test_too_late_is_said_and_nothing_is_done(
    app: Flask, window: OpenWindow, cast: Cast, javascript: bool
):
    sam = window(javascript=javascript).sign_in(cast.sam).go(TICKET)
    answer(sam)
    with factories.writing(app):
        db.session.execute(db.text("UPDATE scheduled_comments SET due_at = created_at"))
    with app.app_context():
        send(1)
    sam.page.locator("#undo-send-1").click()
    expect(sam.page.locator("#flash")).to_contain_text("Too late")
    expect(sam.page.locator("#timeline")).to_contain_text(TEXT)
    expect(sam.page.get_by_label("Message")).to_have_value("")
    assert comments(app) == 2


def test_the_seconds_go_down(window: OpenWindow, cast: Cast):
    sam = window().sign_in(cast.sam).go(TICKET)
    answer(sam)
    words = sam.page.locator("[data-leaves]")
    expect(words).to_have_text("Leaves in 58 s")
