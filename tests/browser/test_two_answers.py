"""Two members of the staff write to one customer at the same time."""

import pytest
from flask import Flask
from playwright.sync_api import expect

from portal.models.people import AfterSending
from tests import factories
from tests.browser.conftest import OpenWindow
from tests.cast import Cast

pytestmark = pytest.mark.databases("postgresql")


def test_who_answers_second_reads_what_came_in_and_decides(
    app: Flask, window: OpenWindow, cast: Cast
):
    factories.go_on(app, AfterSending.STAY)
    factories.file_ticket(app, cast.ann, "Who is coming?")
    sam, sue = (window().sign_in(person) for person in (cast.sam, cast.sue))
    for person in (sam, sue):
        person.link("Who is coming?").click()
        person.page.get_by_label("Message").fill("")
    sue.page.get_by_label("Message").fill("Nobody is free **today**.")
    sam.page.get_by_label("Message").fill("I come at nine.")
    sam.button("Send").click()
    expect(sam.page.locator("#timeline")).to_contain_text("I come at nine.")

    sue.button("Send").click()
    newer = sue.page.get_by_role("alert")
    expect(newer).to_contain_text("This came in while you were writing")
    expect(newer).to_contain_text("I come at nine.")
    expect(sue.page.get_by_label("Message")).to_have_value("Nobody is free **today**.")
    expect(sue.page.locator("#timeline")).not_to_contain_text("Nobody is free")
    ann = window().sign_in(cast.ann).go("/tickets/REQ000001")
    ann.see("I come at nine.")
    ann.never_see("Nobody is free")

    sue.page.get_by_label("Message").fill("Sam comes, I stay here.")
    sue.button("Send anyway").click()
    expect(sue.page.locator("#timeline")).to_contain_text("Sam comes, I stay here.")
    expect(newer).to_have_count(0)
    expect(sue.page.get_by_label("Message")).to_have_value("")
    ann.page.reload()
    expect(ann.page.locator(".msg-staff .prose")).to_have_text(
        ["I come at nine.", "Sam comes, I stay here."]
    )
