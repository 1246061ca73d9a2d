"""The composer by keys and by mouse: marks, preview, quotations, files, undo."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from portal.extensions import db
from portal.models.people import PendingAttachment
from tests import factories
from tests.browser.conftest import OpenWindow
from tests.browser.window import Window
from tests.cast import Cast

pytestmark = pytest.mark.databases("sqlite")
TICKET = "/tickets/REQ000001"
# Lets files fall where `selector` is: how many, of how many bytes each.
DROP = """([selector, count, size]) => {
  const dataTransfer = new DataTransfer();
  for (let number = 1; number <= count; number++) {
    const content = [new Uint8Array(size)];
    dataTransfer.items.add(new File(content, `shot ${number}.png`, { lastModified: number }));
  }
  const options = { bubbles: true, cancelable: true, dataTransfer };
  for (const name of ["dragover", "drop"]) {
    document.querySelector(selector).dispatchEvent(new DragEvent(name, options));
  }
}"""
PASTE = """(withText) => {
  const clipboardData = new DataTransfer();
  clipboardData.items.add(new File(["x"], "image.png", { type: "image/png" }));
  if (withText) clipboardData.setData("text/plain", "cells");
  const options = { bubbles: true, cancelable: true, clipboardData };
  document.getElementById("message").dispatchEvent(new ClipboardEvent("paste", options));
}"""


@pytest.fixture
def sam(app: Flask, window: OpenWindow, cast: Cast) -> Iterator[Window]:
    factories.file_ticket(app, cast.ann, "No hot water", message="Since Monday.")
    app.config["UNDO_SEND"] = timedelta(seconds=60)
    yield begun(window().sign_in(cast.sam).go(TICKET))
    app.config["UNDO_SEND"] = timedelta(0)


def begun(person: Window) -> Window:
    """With the cursor in the text, and the scripts that come with it."""
    person.page.get_by_label("Message").click()
    person.page.wait_for_function("() => Boolean(lodge.put)")
    return person


def written(page: Page) -> str:
    return page.get_by_label("Message").input_value()


def test_each_mark_is_put_and_taken_and_the_browser_undoes_it(sam: Window):
    page = sam.page
    page.keyboard.type("see the pump")
    page.keyboard.press("Control+Shift+ArrowLeft")
    found = []
    for keys in ("Control+b", "Control+i", "Control+i", "Control+b", "Control+k"):
        page.keyboard.press(keys)
        found.append(written(page))
    assert found == [
        "see the **pump**",
        "see the ***pump***",
        "see the **pump**",
        "see the pump",
        "see the [pump](https://)",
    ]
    page.keyboard.type("example.com")
    assert written(page) == "see the [pump](example.com)"
    for _ in range(2):
        page.keyboard.press("Control+z")
    assert written(page) == "see the pump"


def test_lists_quotations_and_code_take_whole_lines(sam: Window):
    page = sam.page
    page.get_by_label("Message").fill("one\ntwo")
    for name, text in (
        ("List", "- one\n- two"),
        ("List", "one\ntwo"),
        ("Quotation", "> one\n> two"),
        ("Quotation", "one\ntwo"),
        ("Code", "```\none\ntwo\n```"),
    ):
        page.keyboard.press("Control+a")
        sam.button(name).click()
        assert written(page) == text
        expect(page.get_by_label("Message")).to_be_focused()


def test_the_preview_follows_what_is_typed_and_goes_by_the_same_button(sam: Window):
    page = sam.page
    page.keyboard.type("**Hello**")
    sam.button("Preview").click()
    preview = page.get_by_role("region", name="Preview")
    expect(preview.locator("strong")).to_have_text("Hello")
    page.get_by_label("Message").press_sequentially(" Ann")
    expect(preview).to_contain_text("Hello Ann")
    sam.button("Preview").click()
    expect(preview).to_have_count(0)


def test_a_quotation_stands_where_the_cursor_is(sam: Window):
    page = sam.page
    page.keyboard.type("Dear Ann,")
    page.get_by_role("link", name="Quote Ann Archer").click()
    expect(page.get_by_label("Message")).to_have_value(
        "Dear Ann,\n\n> Ann Archer wrote:\n>\n> Since Monday.\n\n"
    )
    expect(page.get_by_label("Message")).to_be_focused()


def test_a_note_is_quoted_in_a_note(app: Flask, sam: Window, cast: Cast):
    page = sam.page
    factories.post_comment(app, cast.sue, factories.Filed(1, "", 1), "Not paid.", internal=True)
    page.reload()
    quote = page.get_by_role("link", name="Quote Sue")
    page.get_by_label("Message").fill("Dear Ann,")
    quote.click()
    expect(page.locator("#status")).to_have_text("Notes among staff are quoted in notes alone.")
    assert written(page) == "Dear Ann,"
    page.get_by_label("Message").fill("")
    quote.click()
    expect(page.get_by_label("Internal note")).to_be_checked()
    expect(page.get_by_label("Message")).to_have_value("> Sue Stone wrote:\n>\n> Not paid.\n\n")


def files(page: Page) -> list[str]:
    return [line.split("\n")[0] for line in page.locator(".chosen li").all_inner_texts()]


def test_files_are_dropped_and_pasted_listed_and_taken_out_again(sam: Window):
    page = sam.page
    page.evaluate(DROP, ["h1", 2, 10])
    page.evaluate(PASTE, False)
    page.evaluate(PASTE, True)
    assert files(page) == ["shot 1.png", "shot 2.png", "image.png"]
    sam.button("Remove shot 1.png").click()
    assert files(page) == ["shot 2.png", "image.png"]
    expect(sam.button("Remove shot 2.png")).to_be_focused()
    page.get_by_label("Message").fill("Here they are.")
    sam.button("Send").click()
    expect(page.locator(".msg-scheduled .files li")).to_have_count(2)
    assert files(page) == []


@pytest.mark.parametrize(("count", "size"), [(200, 1), (3, 21_000_000)], ids=["many", "large"])
def test_too_many_are_refused_in_one_sentence_and_nothing_is_lost(
    sam: Window, count: int, size: int
):
    page = sam.page
    page.get_by_label("Message").fill("Look.")
    page.evaluate(DROP, ["#reply", 1, 10])
    page.evaluate(DROP, ["#reply", count, size])
    expect(page.locator(".field-files").get_by_role("alert")).to_have_text(
        "Nothing was added: at most 10 files of 20 MB each and 50 MB together can be sent."
    )
    assert (files(page), written(page)) == (["shot 1.png"], "Look.")


def test_an_answer_that_comes_too_late_keeps_its_files(app: Flask, sam: Window, cast: Cast):
    page = sam.page
    page.route("**/live*", lambda route: route.abort())
    page.evaluate(DROP, ["#reply", 2, 10])
    page.get_by_label("Message").fill("Look.")
    factories.post_comment(app, cast.ann, factories.Filed(1, "", 1), "It is warm again.")
    sam.button("Send").click()
    expect(page.get_by_role("alert")).to_contain_text("It is warm again.")
    assert files(page) == ["shot 1.png", "shot 2.png"]


@pytest.mark.parametrize("typed", ["And", "And more, while the first is on its way"])
def test_what_is_typed_and_what_is_taken_back_are_both_there(sam: Window, typed: str):
    page = sam.page
    page.get_by_label("Message").fill("The answer.")
    sam.button("Send").click()
    undo = page.locator("[id^=undo-send]")
    expect(undo).to_be_visible()
    page.get_by_label("Message").fill(typed)
    undo.click()  # before a second is over, after which it would be saved
    expect(page.get_by_label("Message")).to_have_value("The answer.")
    page.get_by_text("Something else was written on another device").click()
    expect(page.locator("[data-draft-state] .said")).to_have_text(typed)
    page.get_by_label("Message").press("End")
    page.keyboard.type("!")
    expect(page.locator("#reply [name=draft]")).not_to_have_value("2")  # it is saved
    page.reload()
    assert written(page) == "The answer.!"
    expect(page.locator("[data-draft-state] .said")).to_have_text(typed)


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "none"])
def test_who_is_new_sends_files_along(app: Flask, window: OpenWindow, javascript: bool):
    new = window(javascript=javascript).go("/auth/ask")
    page = new.page
    page.get_by_label("E-mail address").fill("dora@example.com")
    page.get_by_label("Subject").fill("No hot water")
    page.get_by_label("Message").fill("Since Monday.")
    if javascript:
        page.evaluate(DROP, ["h1", 2, 10])
        assert files(page) == ["shot 1.png", "shot 2.png"]
        page.evaluate(DROP, ["h1", 9, 10])
        expect(page.get_by_role("alert")).to_contain_text("Nothing was added: at most 3 files")
    else:
        content = {"name": "a.txt", "mimeType": "text/plain", "buffer": b"x"}
        page.get_by_label("Attachments").set_input_files([content] * 2)
    new.button("Send").click()
    expect(page.get_by_text("dora@example.com")).to_be_visible()
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(PendingAttachment)) == 2
