"""The search box of the queue by keyboard, with scripts and without: help, mistakes, chips."""

import pytest
from flask import Flask
from playwright.sync_api import expect

from tests import factories
from tests.browser.conftest import OpenWindow
from tests.browser.window import Window
from tests.cast import Cast

pytestmark = pytest.mark.databases("sqlite")


@pytest.mark.parametrize("javascript", [True, False], ids=["scripted", "unscripted"])
def test_a_search_is_looked_up_mended_and_narrowed_by_keyboard(
    app: Flask, window: OpenWindow, cast: Cast, javascript: bool
):
    factories.file_ticket(app, cast.ann, "Lift is stuck")
    factories.file_ticket(app, cast.carl, "Lamp is dark")
    sam = window(javascript=javascript).sign_in(cast.sam)
    rows = sam.page.locator("#rows tr")
    box = sam.page.get_by_role("searchbox", name="Search tickets")
    press = sam.page.keyboard.press

    box.focus()
    press("Tab")
    press("Enter")
    example = sam.page.get_by_role("link", name="is:unassigned")
    expect(example).to_be_visible()
    example.focus()
    press("Enter")
    expect(box).to_have_value("is:unassigned")
    expect(rows).to_have_count(2)

    _search(sam, "status:nw lamp")
    expect(box).to_have_attribute("aria-invalid", "true")
    expect(rows).to_have_count(0)
    sam.page.get_by_role("link", name="status:new").press("Enter")
    expect(box).to_have_value("status:new lamp")
    expect(rows).to_have_count(1)

    sam.go("/tickets/queue?requester=USR000001&tag=nothing")
    sam.see("Requester: Ann Archer")
    expect(rows).to_have_count(0)
    sam.page.get_by_role("link", name="Tag: nothing Remove").press("Enter")
    expect(rows).to_have_count(1)
    expect(sam.page.get_by_role("link", name="Requester: Ann Archer Remove")).to_be_visible()


def _search(someone: Window, text: str) -> None:
    box = someone.page.get_by_role("searchbox", name="Search tickets")
    box.fill(text)
    box.press("Enter")
