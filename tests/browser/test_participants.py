"""A colleague in copy joins a ticket: reads what is public, answers, and staff see who is new."""

import pytest
from flask import Flask
from playwright.sync_api import expect

from portal.extensions import db
from portal.models.inbound import Mailbox
from portal.models.people import User
from tests import factories
from tests.browser import axe
from tests.browser.conftest import OpenWindow
from tests.cast import Cast
from tests.factories import writing
from tests.inbound.mails import DESK, mail, take_in

pytestmark = pytest.mark.databases("sqlite")
TICKET = "/tickets/REQ000001"
PASSED = "mx.example.com; dmarc=pass header.from=example.com"


@pytest.fixture(autouse=True)
def _mailed(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Carl has written to the desk, with Bob in copy; a note is on the ticket."""
    monkeypatch.setitem(app.config, "INBOUND_AUTHSERV", "mx.example.com")
    with writing(app):
        db.session.add(Mailbox(address=DESK))
    headers = {"Cc": cast.bob.email, "Authentication-Results": PASSED}
    take_in(app, mail(cast.carl.email, "It drips.", headers=headers))
    filed = factories.Filed(1, "REQ000001", 1)
    factories.post_comment(app, cast.sam, filed, "Among ourselves.", internal=True)


def test_a_colleague_in_copy_joins_answers_and_leaves(
    app: Flask, window: OpenWindow, cast: Cast
) -> None:
    bob = window().sign_in(cast.bob)
    bob.link("I take part 1").click()
    bob.link("A leak").click()
    bob.see("It drips.", "Participants", "Bob Baker (you)")
    bob.never_see("Among ourselves.", "Mark as solved", "Add somebody")
    bob.page.get_by_label("Message").fill("It drips here, too.")
    bob.button("Send").click()
    bob.see("Sent.")

    sam = window().sign_in(cast.sam).go(TICKET)
    sam.see("New on this ticket", "bob@example.com")
    expect(sam.page.locator("#reply")).to_contain_text("Goes to Carl Cooper, Bob Baker by mail.")

    bob.page.get_by_text("Leave this ticket").click()
    bob.button("Leave").click()
    bob.see("You do not take part in REQ000001 any more.")
    assert bob.page.url.endswith("whose=shared")


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "none"])
def test_the_requester_adds_somebody_and_takes_them_out(
    window: OpenWindow, cast: Cast, javascript: bool
) -> None:
    carl = window(javascript=javascript, width=360, height=740).sign_in(cast.carl).go(TICKET)
    carl.page.get_by_text("Add somebody").click()
    part = carl.page.locator("#participants")
    carl.page.get_by_label("E-mail address").fill("sam@example.com")
    carl.button("Add").click()
    expect(part).to_contain_text("cannot take part")
    carl.page.get_by_label("E-mail address").fill("dora@elsewhere.example")
    carl.button("Add").click()
    carl.see("dora@elsewhere.example takes part now")
    carl.button("Take dora@elsewhere.example out").click()
    carl.see("They do not see this ticket any more.")
    expect(part).not_to_contain_text("dora")
    expect(part).to_contain_text("bob@example.com")


@pytest.mark.parametrize("locale", ["en", "ru"])
@pytest.mark.parametrize("who", ["carl", "bob", "sam"])
def test_the_part_of_the_page_is_for_everybody(
    app: Flask, window: OpenWindow, cast: Cast, who: str, locale: str
) -> None:
    reader = getattr(cast, who)
    with writing(app):
        db.session.get_one(User, reader.id).locale = locale
    seen = window()
    axe.bring(seen.context)
    seen.sign_in(reader).go(TICKET)
    for summary in seen.page.locator("#participants summary").all():
        summary.click()
    assert not axe.faults(seen.page, f"participants, {who}", axe.SIGHTS[locale])
