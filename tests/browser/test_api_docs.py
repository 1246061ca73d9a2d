"""The readers of the API's document, in a real browser under our policy."""

import re
from typing import Literal

import pytest
from flask import Flask
from playwright.sync_api import expect

from tests.api.api_client import key_of
from tests.browser import axe
from tests.browser.conftest import OpenWindow
from tests.cast import Cast

PAPER = "getComputedStyle(document.body).backgroundColor"
PAPERS = {"light": "rgb(255, 255, 255)", "dark": "rgb(19, 20, 18)"}
READERS = [("/api/docs", ".opblock"), ("/api/redoc", "[id='operation/file_ticket']")]
pytestmark = pytest.mark.databases("postgresql")


def test_somebody_reads_the_document_and_tries_it_with_a_key(
    app: Flask, window: OpenWindow, cast: Cast
) -> None:
    visitor = window().go("/api/docs")
    page = visitor.page
    expect(page.get_by_role("heading", name="Lodge")).to_be_visible()
    page.get_by_role("button", name="Authorize").first.click()
    page.get_by_label("auth-bearer-value").last.fill(key_of(app, cast.ann))
    page.get_by_role("button", name="Apply credentials").last.click()
    page.get_by_role("button", name="Close", exact=True).first.click()
    me = page.locator("#operations-users-read_me")
    me.locator(".opblock-summary-control").click()
    me.get_by_role("button", name="Try it out").click()
    me.get_by_role("button", name="Execute").click()
    expect(me.locator(".live-responses-table")).to_contain_text("ann@example.com")


def test_somebody_reads_the_reference(window: OpenWindow) -> None:
    visitor = window().go("/api/redoc")
    expect(visitor.page.get_by_role("heading", name="File a ticket.")).to_be_visible()
    visitor.page.get_by_role("link", name="To try it out").click()
    expect(visitor.page.get_by_role("button", name="Authorize").first).to_be_visible()
    visitor.page.get_by_role("link", name="Back to the desk").click()
    expect(visitor.page).to_have_url(re.compile(r"/$"))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("path", "ready"), READERS)
def test_the_readers_are_for_everybody_and_ask_nobody_else(
    window: OpenWindow, path: str, ready: str, theme: Literal["light", "dark"]
) -> None:
    visitor = window()
    visitor.page.emulate_media(color_scheme=theme)
    axe.bring(visitor.context)
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    visitor.go(path)
    visitor.page.locator(ready).first.wait_for()
    assert visitor.page.evaluate(PAPER) == PAPERS[theme]
    for width in (axe.WIDE, axe.NARROW):
        visitor.page.set_viewport_size({"width": width, "height": 900})
        found = axe.violations(visitor.page)
        assert not found, "\n".join(found)
    here = visitor.page.evaluate("location.origin")
    assert [url for url in asked if not url.startswith((here, "data:", "blob:"))] == []


@pytest.mark.parametrize(("path", "ready"), READERS)
def test_a_chosen_theme_counts_for_more_than_that_of_the_device(
    window: OpenWindow, path: str, ready: str
) -> None:
    visitor = window().go("/")
    visitor.page.emulate_media(color_scheme="light")
    address = visitor.page.url
    visitor.context.add_cookies([{"name": "theme", "value": "dark", "url": address}])
    visitor.go(path).page.locator(ready).first.wait_for()
    assert visitor.page.evaluate(PAPER) == PAPERS["dark"]
    assert visitor.page.locator("html.dark-mode").count() == 1
