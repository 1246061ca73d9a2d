"""A ticket on paper: what was said, its properties as text, and where it stands."""

import pytest
from flask import Flask
from playwright.sync_api import expect

from tests import factories
from tests.browser.conftest import OpenWindow
from tests.cast import Cast

pytestmark = pytest.mark.databases("sqlite")


@pytest.mark.parametrize("beside", [True, False], ids=["panel", "page"])
def test_notes_among_the_staff_are_on_paper_only_when_somebody_wants_them(
    app: Flask, window: OpenWindow, cast: Cast, beside: bool
):
    ticket = factories.file_ticket(app, cast.ann, "Radiator is cold", "Since Monday.")
    factories.post_comment(app, cast.sue, ticket, "She called twice.", internal=True)
    sam = window().sign_in(cast.sam).go("/tickets/queue" if beside else "/tickets/REQ000001")
    if beside:
        sam.link("Radiator is cold").click()
        sam.page.locator("#panel #message").wait_for()
    sam.page.emulate_media(media="print")
    expect(sam.page.locator("#timeline").get_by_text("Since Monday.")).to_be_visible()
    expect(sam.page.locator("#queue")).to_be_hidden()
    expect(sam.page.get_by_text("She called twice.")).to_be_hidden()
    expect(sam.page.get_by_text("Mail to Ann Archer")).to_be_hidden()
    for control in ("select", "input:not([type=hidden])", "textarea", "button"):
        expect(sam.page.locator(f"main {control}").locator("visible=true")).to_have_count(0)
    for part, texts in (("Properties", ("New", "Medium", "Nobody")), ("Details", ("Ann Archer",))):
        region = sam.page.get_by_role("region", name=part)
        for text in texts:
            shown = region.get_by_text(text).locator("visible=true")
            expect(shown).to_have_count(1)
    expect(sam.page.get_by_text(f"{sam.site}/tickets/REQ000001")).to_be_visible()

    sam.page.emulate_media(media="screen")
    sam.page.locator("#print-notes").check()
    sam.page.emulate_media(media="print")
    expect(sam.page.get_by_text("She called twice.")).to_be_visible()
    expect(sam.page.get_by_text("Mail to Ann Archer")).to_be_visible()
