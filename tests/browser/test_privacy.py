"""Waiting for a copy of one's data and fetching it, with JavaScript and without."""

import zipfile

import pytest
from flask import Flask
from playwright.sync_api import expect

from jobs.exports import export_person
from tests.browser.conftest import OpenWindow
from tests.cast import Cast

pytestmark = pytest.mark.databases("sqlite")


@pytest.mark.parametrize("javascript", [True, False], ids=["scripted", "unscripted"])
def test_a_copy_comes_by_itself_or_by_looking_again(
    app: Flask, window: OpenWindow, cast: Cast, javascript: bool
) -> None:
    ann = window(javascript=javascript).sign_in(cast.ann).go("/account/privacy")
    ann.button("Export my data").click()
    expect(ann.page.locator("progress")).to_be_visible()
    with app.app_context():
        export_person(1)
    if not javascript:
        ann.link("See how far it is").click()
    with ann.page.expect_download() as fetched:
        ann.page.get_by_role("link", name="Download").click()
    with zipfile.ZipFile(fetched.value.path()) as made:
        assert "profile.json" in made.namelist()
    assert fetched.value.suggested_filename.startswith("lodge-")
