"""The rows of the queue as they are read: subjects in full, and the first one high on a phone."""

from collections import deque

import pytest
from flask import Flask
from playwright.sync_api import expect

from portal.cli import demo
from portal.services.tickets import reads
from tests import factories
from tests.browser.conftest import OpenWindow
from tests.cast import Cast

pytestmark = pytest.mark.databases("sqlite")

CUT = """() => [...document.querySelectorAll("#rows .m a")]
  .filter((link) => link.scrollWidth > link.clientWidth).map((link) => link.textContent)"""
TOP = "() => document.querySelector('#rows tr').getBoundingClientRect().top"
OVERLAPS = """() => [...document.querySelectorAll("#rows tr")].filter((row) => {
  const cells = [...row.children]
    .filter((cell) => cell.innerText.trim() && !cell.querySelector(".sr"))
    .map((cell) => {
      const range = document.createRange(), cut = cell.getBoundingClientRect();
      range.selectNodeContents(cell);
      const { left, right, top, bottom } = range.getBoundingClientRect();
      return { left, right: Math.min(right, cut.right), top, bottom: Math.min(bottom, cut.bottom) };
    }).filter(({ right, left }) => right - left > 1);
  return cells.some((one, at) => cells.slice(at + 1).some((other) =>
    one.left < other.right - 1 && other.left < one.right - 1 &&
    one.top < other.bottom - 5 && other.top < one.bottom - 5));
}).map((row) => row.innerText)"""


def test_subjects_are_read_in_full_and_a_phone_begins_with_rows(
    app: Flask, window: OpenWindow, cast: Cast
):
    with app.app_context():
        deque(demo.seed(), maxlen=0)
    sam = window(width=1280, height=720).sign_in(cast.sam)
    for view in ("to_answer", "unsolved", "all"):
        sam.go(f"/tickets/queue?view={view}")
        assert sam.page.locator("#rows tr").count() == 30
        assert len(sam.page.evaluate(CUT)) <= 3
    for locale in ("en", "ru"):
        sam.page.locator(f"[name=locale][value={locale}]").click()
        for width in (360, 768, 1100, 1280, 1440):
            sam.page.set_viewport_size({"width": width, "height": 740})
            sam.go("/tickets/queue?view=all")
            assert sam.page.evaluate("document.documentElement.scrollWidth") == width
            assert sam.page.evaluate(OVERLAPS) == []
            if width == 360:
                assert sam.page.evaluate(TOP) <= 130


def test_rows_are_dense_where_somebody_wants_them_so(app: Flask, window: OpenWindow, cast: Cast):
    for subject in ("Lift", "Lamp"):
        factories.file_ticket(app, cast.ann, subject)
    sam = window(javascript=False).sign_in(cast.sam)
    height = "() => document.querySelector('#rows tr').getBoundingClientRect().height"
    roomy = sam.go("/tickets/queue?view=all").page.evaluate(height)
    sam.button("Dense rows").click()
    expect(sam.button("Roomy rows")).to_be_visible()
    assert sam.page.url.endswith("/tickets/queue?view=all")
    assert sam.page.evaluate(height) < roomy - 8
    sam.button("Roomy rows").click()
    expect(sam.button("Dense rows")).to_be_visible()
    assert sam.page.evaluate(height) == roomy


def test_what_one_has_not_read_is_bold_until_one_has(app: Flask, window: OpenWindow, cast: Cast):
    lift = factories.file_ticket(app, cast.ann, "Lift")
    factories.file_ticket(app, cast.ann, "Lamp")
    with factories.writing(app):
        reads.mark_read(actor=cast.sam, ticket_id=lift.id, comment_id=1)
    sam = window().sign_in(cast.sam).go("/tickets/queue?view=all")
    weight = "link => Number(getComputedStyle(link).fontWeight)"
    bold = {
        link.inner_text(): link.evaluate(weight) >= 700
        for link in sam.page.locator("#rows .m a").all()
    }
    assert bold == {"Lift": False, "Lamp": True}
    expect(sam.page.get_by_role("row", name="Unread")).to_have_count(1)


def test_filters_stay_open_with_the_focus_while_one_chooses(
    app: Flask, window: OpenWindow, cast: Cast
):
    factories.file_ticket(app, cast.ann, "Lift")
    sam = window().sign_in(cast.sam).go("/tickets/queue?view=all")
    sam.page.locator("#filter-menu summary").click()
    sam.page.locator("#f-priority").focus()
    sam.page.keyboard.press("ArrowDown")
    expect(sam.page.locator("#chip-priority")).to_be_visible()
    expect(sam.page.locator("#f-priority")).to_be_focused()
    sam.page.keyboard.press("Escape")
    expect(sam.page.locator("#filter-menu summary")).to_be_focused()


def test_the_search_box_of_the_frame_leads_to_the_queue_and_follows_it(
    app: Flask, window: OpenWindow, cast: Cast
):
    factories.file_ticket(app, cast.ann, "Lift")
    factories.file_ticket(app, cast.ann, "Lamp")
    sam = window().sign_in(cast.sam).go("/tickets/new")
    sam.page.locator("#find-q").fill("lamp")
    sam.page.keyboard.press("Enter")
    expect(sam.page.locator("#rows .m a")).to_have_text(["Lamp"])
    expect(sam.page.locator("#q")).to_have_value("lamp")
    sam.page.locator("#view-all").click()
    expect(sam.page.locator("#rows .m a")).to_have_count(2)
    expect(sam.page.locator("#q")).to_have_value("")
