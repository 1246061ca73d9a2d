"""Times are told in the zone of the browser, by itself, from the first page after the sign-in."""

from datetime import UTC, datetime

import pytest
from flask import Flask
from playwright.sync_api import expect

from portal import clock
from tests import factories
from tests.browser.conftest import OpenWindow
from tests.cast import Cast

pytestmark = pytest.mark.databases("sqlite")


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
def test_a_browser_is_asked_for_its_zone(
    app: Flask, window: OpenWindow, cast: Cast, javascript: bool
):
    with clock.at(datetime(2026, 3, 5, 22, tzinfo=UTC)):
        factories.file_ticket(app, cast.ann, "Radiator is cold")
    ann = window(timezone="Asia/Yekaterinburg", javascript=javascript).go("/auth/login")
    ann.enter(cast.ann.email)
    ann.link("Radiator is cold").click()
    day, time = ("Mar 6, 2026", "03:00") if javascript else ("Mar 5, 2026", "22:00")
    told = ann.page.locator(".msg time")
    expect(told).to_have_text(time)
    expect(told).to_have_attribute("title", f"{day}, {time}")
    expect(ann.page.locator("#timeline .day")).to_have_text(day)
    expect(ann.page.get_by_text("Times are in UTC.")).to_have_count(0 if javascript else 1)
