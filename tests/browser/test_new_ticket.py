"""What comes up while a new ticket is typed."""

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models.tickets import Ticket
from tests import factories
from tests.browser.conftest import OpenWindow
from tests.cast import Cast

pytestmark = pytest.mark.databases("sqlite")
FOCUSED = "document.activeElement.id"


def test_staff_find_whom_a_ticket_is_for_by_the_beginning_of_a_name(
    app: Flask, window: OpenWindow, cast: Cast
):
    sam = window().sign_in(cast.sam)
    sam.go("/tickets/new")
    page = sam.page
    assert page.evaluate(FOCUSED) == "requester"
    page.keyboard.type("arch")
    page.locator("#requesters option[value='ann@example.com']").wait_for(state="attached")
    assert page.evaluate(FOCUSED) == "requester"
    assert "1 person" in page.locator("#status").inner_text()
    page.locator("#requester").fill("ann@example.com")  # as the browser does with a choice
    page.locator("#subject").fill("Called about the radiator")
    page.locator("#message").fill("It is cold.")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/tickets/REQ*")
    assert "filed for Ann Archer" in page.locator("#flash").inner_text()
    with app.app_context():
        assert db.session.scalars(select(Ticket.requester_id)).all() == [cast.ann.id]


def test_earlier_tickets_come_up_and_the_subject_keeps_the_focus(
    app: Flask, window: OpenWindow, cast: Cast
):
    filed = factories.file_ticket(app, cast.bob, "Door badge does not open gate 3")
    bob = window().sign_in(cast.bob)
    bob.go("/tickets/new")
    page = bob.page
    page.keyboard.type("My badge and the door")
    link = page.locator("#earlier-tickets a")
    link.wait_for()
    assert page.evaluate(FOCUSED) == "subject"
    assert link.get_attribute("href") == f"/tickets/{filed.number}"
    assert "1 earlier ticket" in page.locator("#status").inner_text()
    page.locator("#subject").fill("Quite another matter")
    link.wait_for(state="detached")
