"""A password that can be looked at, by who has scripts."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenWindow
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.databases("sqlite")


def test_a_password_is_shown_and_is_hidden_when_it_is_sent(window: OpenWindow, cast: Cast) -> None:
    ann = window().go("/auth/login")
    field = ann.page.locator("#password")
    ann.page.get_by_label("E-mail address").fill(cast.ann.email)
    field.fill(PASSWORD)
    ann.button("Show").click()
    expect(field).to_have_attribute("type", "text")
    expect(field).to_have_value(PASSWORD)
    ann.button("Hide").click()
    expect(field).to_have_attribute("type", "password")
    ann.button("Show").click()
    ann.page.evaluate(
        "document.querySelector('#password').form.addEventListener('submit', (event) => {"
        " window.sent = document.querySelector('#password').type; event.preventDefault(); })"
    )
    ann.button("Sign in").click()
    assert ann.page.evaluate("window.sent") == "password"


def test_without_scripts_there_is_no_button(window: OpenWindow) -> None:
    page = window(javascript=False).go("/auth/login").page
    assert page.locator(".reveal").count() == 0
