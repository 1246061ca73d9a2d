"""A theme that somebody chooses, whatever the system says."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenWindow
from tests.cast import Cast

pytestmark = pytest.mark.databases("sqlite")
PAPER = {"Light": "rgb(240, 238, 232)", "Dark": "rgb(15, 16, 14)"}


@pytest.mark.parametrize("javascript", [True, False])
def test_it_is_chosen_in_the_menu(window: OpenWindow, cast: Cast, *, javascript: bool) -> None:
    ann = window(javascript=javascript).sign_in(cast.ann)
    for theme in ("Dark", "Light"):
        ann.page.locator(".top .menu summary").click()
        ann.button(theme).click()
        expect(ann.page.locator("body")).to_have_css("background-color", PAPER[theme])
        assert ann.page.url.endswith("/tickets/")
