"""Pictures of a conversation, small in their message and large in a dialog."""

import pytest
from flask import Flask
from playwright.sync_api import expect

from jobs.parts.thumbnails import make_thumbnails
from tests import factories, pictures
from tests.browser import axe
from tests.browser.conftest import OpenWindow
from tests.cast import Cast

pytestmark = pytest.mark.databases("sqlite")
TICKET = "/tickets/REQ000001"


@pytest.fixture(autouse=True)
def sent(app: Flask, cast: Cast) -> None:
    """A ticket with a broad picture, a high one, and a text."""
    storage = app.extensions["lodge.storage"]
    files = (("broad.jpg", pictures.photo(800, 200)), ("high.jpg", pictures.photo(200, 800)))
    uploads = [pictures.stored(storage, content, name) for name, content in files]
    uploads.append(pictures.stored(storage, b"words", "words.txt"))
    factories.file_ticket(app, cast.ann, uploads=uploads)
    with app.app_context():
        make_thumbnails()


@pytest.mark.parametrize("who", ["ann", "sam"])
def test_by_keys_one_opens_goes_on_and_is_back_where_the_last_one_is(
    window: OpenWindow, cast: Cast, who: str
):
    page = window().sign_in(getattr(cast, who)).go(TICKET).page
    page.get_by_role("link", name="broad.jpg").press("Enter")
    shown = page.get_by_role("dialog", name="broad.jpg")
    expect(shown.get_by_role("img", name="broad.jpg")).to_have_js_property("naturalWidth", 800)
    expect(shown).to_contain_text("1 / 2")
    page.keyboard.press("ArrowRight")
    shown = page.get_by_role("dialog", name="high.jpg")
    expect(shown.get_by_role("img", name="high.jpg")).to_have_js_property("naturalHeight", 800)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("dialog", name="broad.jpg")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(":focus")).to_have_attribute("data-picture", "high.jpg")


def test_a_picture_large_or_small_stays_in_a_narrow_window(window: OpenWindow, cast: Cast):
    ann = window(width=360, height=640).sign_in(cast.ann)
    axe.bring(ann.context)
    page = ann.go(TICKET).page
    for name in ("broad.jpg", "high.jpg"):
        page.get_by_role("link", name=name).click()
        dialog = page.get_by_role("dialog", name=name)
        expect(dialog.get_by_role("img", name=name)).to_be_visible()
        box = dialog.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["y"] >= 0
        assert box["x"] + box["width"] <= 360
        assert box["y"] + box["height"] <= 640
        assert not axe.violations(page)
        page.get_by_role("button", name="Close").click()


def test_without_scripts_it_is_a_download(window: OpenWindow, cast: Cast):
    page = window(javascript=False).sign_in(cast.ann).go(TICKET).page
    with page.expect_download() as download:
        page.get_by_role("link", name="broad.jpg").click()
    assert download.value.suggested_filename == "broad.jpg"


def test_it_appears_on_an_open_page_once_it_is_made(app: Flask, window: OpenWindow, cast: Cast):
    page = window().sign_in(cast.ann).page
    page.clock.install()  # without a stream the page looks every half minute
    with page.expect_response("**/REQ000001/live**"):
        page.goto(TICKET)
    upload = pictures.stored(app.extensions["lodge.storage"], pictures.png(90, 90), "new.png")
    factories.post_comment(app, cast.ann, factories.Filed(1, "", 1), uploads=[upload])
    page.clock.run_for(31_000)
    expect(page.get_by_role("link", name="new.png")).to_be_visible()
    with app.app_context():
        make_thumbnails()
    page.clock.run_for(31_000)
    expect(page.get_by_role("link", name="new.png").get_by_role("presentation")).to_be_visible()
