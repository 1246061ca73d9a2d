"""What somebody has typed is there after whatever refused it, with scripts and without."""

import pytest
from flask import Flask
from playwright.sync_api import expect

from portal.models.people import Actor
from portal.web.rate_limits import counts, limits
from tests import factories
from tests.browser.conftest import OpenWindow
from tests.browser.window import Window
from tests.cast import Cast

pytestmark = pytest.mark.databases("sqlite")

TEXT = "A long and careful answer"


def write(window: Window, person: Actor) -> None:
    """Begin an answer to the first ticket."""
    window.sign_in(person).go("/tickets/REQ000001")
    window.page.get_by_label("Message").fill(TEXT)


def flood(app: Flask, person: Actor) -> None:
    """Use up the limit on writing."""
    with app.app_context():
        while limits.WRITING.add(counts.hashed_key(f"actor:{person.id}")):
            pass


def sign_in_again(window: Window, person: Actor) -> None:
    """In another tab of the same browser."""
    page, window.page = window.page, window.context.new_page()
    window.sign_in(person)
    window.page = page


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "none"])
def test_an_answer_outlives_signing_in_again_in_another_tab(
    app: Flask, window: OpenWindow, cast: Cast, javascript: bool
):
    factories.file_ticket(app, cast.ann, "Slow to answer")
    ann = window(javascript=javascript)
    # Saving a draft would renew the token before anybody notices.
    ann.page.route("**/draft", lambda route: route.fulfill(status=404))
    write(ann, cast.ann)
    sign_in_again(ann, cast.ann)
    ann.button("Send").click()
    ann.see("This form has expired")
    expect(ann.page.get_by_label("Message")).to_have_value(TEXT)
    if javascript:
        ann.see("Your text is still here: send it again.")
    ann.button("Send" if javascript else "Send again").click()
    expect(ann.page.locator("#timeline")).to_contain_text(TEXT)


def test_who_signs_in_again_while_writing_notices_nothing(
    app: Flask, window: OpenWindow, cast: Cast
):
    factories.file_ticket(app, cast.ann, "Slow to answer")
    ann = window()
    ann.sign_in(cast.ann).go("/tickets/REQ000001")
    sign_in_again(ann, cast.ann)
    with ann.page.expect_response(lambda answer: answer.status == 200):
        ann.page.get_by_label("Message").fill(TEXT)
    expect(ann.page.locator("[data-draft-state]")).to_contain_text("Draft saved")
    with ann.page.expect_response("**/comments") as answer:
        ann.button("Send").click()
    assert answer.value.status == 200


def test_nobody_sends_what_somebody_else_has_written_in_this_browser(
    app: Flask, window: OpenWindow, cast: Cast
):
    factories.file_ticket(app, cast.ann, "Slow to answer")
    ann = window()
    write(ann, cast.ann)
    sign_in_again(ann, cast.sam)
    for _ in range(2):
        with ann.page.expect_response("**/comments") as answer:
            ann.button("Send").click()
        assert answer.value.status == 400
        ann.see(f"You are signed in as {cast.sam.email}.")
    expect(ann.page.get_by_label("Message")).to_have_value(TEXT)


def test_the_focus_stays_in_a_text_that_was_refused(app: Flask, window: OpenWindow, cast: Cast):
    factories.file_ticket(app, cast.ann, "Slow to answer")
    ann = window()
    write(ann, cast.ann)
    flood(app, cast.ann)
    ann.page.get_by_label("Message").press("Control+Enter")
    ann.see("Try again in 10 minutes.")
    expect(ann.page.get_by_label("Message")).to_be_focused()


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "none"])
def test_who_is_too_fast_waits_with_the_text_before_their_eyes(
    app: Flask, window: OpenWindow, cast: Cast, javascript: bool
):
    factories.file_ticket(app, cast.ann, "Slow to answer")
    ann = window(javascript=javascript)
    write(ann, cast.ann)
    flood(app, cast.ann)
    ann.button("Send").click()
    ann.see("Try again in 10 minutes.")
    expect(ann.page.get_by_label("Message")).to_have_value(TEXT)
    with app.app_context():
        counts.limiter.reset()
    ann.button("Send" if javascript else "Send again").click()
    expect(ann.page.locator("#timeline")).to_contain_text(TEXT)
