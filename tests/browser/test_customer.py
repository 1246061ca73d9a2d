"""The customer behind the ticket: two clicks to what they need, and what is on the same matter."""

import pytest
from flask import Flask
from playwright.sync_api import expect

from portal.models.tickets import Priority
from tests import factories
from tests.browser.conftest import OpenWindow
from tests.cast import Cast


@pytest.fixture
def ticket(app: Flask, cast: Cast) -> str:
    """The address of Bob's ticket, beside an urgent one of his and one of Ann's alike."""
    factories.file_ticket(app, cast.bob, "Till prints nothing", priority=Priority.URGENT)
    factories.file_ticket(app, cast.ann, "Radiator leaks", "The valve drips.")
    for number in range(8):
        factories.file_ticket(app, cast.carl, f"Invoice {number}", "Please.")
    filed = factories.file_ticket(app, cast.bob, "Radiator leaks", "The valve drips.")
    return f"/tickets/{filed.number}"


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
def test_two_clicks_lead_from_a_ticket_to_all_urgent_ones_of_its_customer(
    window: OpenWindow, cast: Cast, ticket: str, javascript: bool
):
    sam = window(javascript=javascript).sign_in(cast.sam).go(ticket)
    sam.link("Urgent").click()
    sam.page.wait_for_url("**/tickets/queue?**")
    expect(sam.page.locator("#rows tr")).to_have_count(1)
    sam.see("Till prints nothing")
    sam.go(ticket)
    sam.page.locator("#customer-page").click()
    sam.page.wait_for_url("**/people/USR000002")
    sam.link("Urgent").click()
    expect(sam.page.locator("#rows tr")).to_have_count(1)


def test_similar_tickets_come_when_somebody_gets_as_far(
    window: OpenWindow, cast: Cast, ticket: str
):
    sam = window(height=250).sign_in(cast.sam).go(ticket)
    place = sam.page.locator("#similar")
    expect(place.locator("li")).to_have_count(0)
    place.scroll_into_view_if_needed()
    expect(place.get_by_role("link", name="Radiator leaks")).to_have_attribute(
        "href", "/tickets/REQ000002"
    )
    expect(sam.page.locator("#status")).to_be_empty()


def test_the_list_of_a_person_answers_to_what_is_chosen(
    window: OpenWindow, cast: Cast, ticket: str
):
    sam = window().sign_in(cast.sam).go("/people/USR000002")
    chosen = sam.page.locator("#filter-priority")
    chosen.focus()
    chosen.select_option(label="Urgent")
    expect(sam.page.locator(".customer-tickets li")).to_have_count(1)
    expect(sam.page.locator("#status")).to_have_text("1 ticket.")
    expect(chosen).to_be_focused()
    assert "priority=urgent" in sam.page.url
    sam.page.reload()
    expect(sam.page.locator(".customer-tickets li")).to_have_count(1)
