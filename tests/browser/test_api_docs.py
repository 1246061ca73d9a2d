"""The readers of the API's document, in a real browser under our policy."""

import pytest
from flask import Flask
from playwright.sync_api import expect

from tests.api.api_client import key_of
from tests.browser.conftest import OpenWindow
from tests.cast import Cast

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
    visitor = window()
    # It would fetch its maker's logo from elsewhere; the policy does not let it.
    with visitor.page.expect_console_message(lambda message: "cdn.redoc.ly" in message.text):
        visitor.go("/api/redoc")
    heading = visitor.page.get_by_role("heading", name="File a ticket.")
    expect(heading).to_be_visible()
    visitor.faults[:] = [fault for fault in visitor.faults if "cdn.redoc.ly" not in fault]
