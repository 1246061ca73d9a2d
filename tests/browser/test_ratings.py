"""A customer is asked how it went, says so, and says something else."""

import pytest
from flask import Flask
from playwright.sync_api import expect

from portal.extensions import db
from portal.models.tickets import Ticket, TicketStatus
from portal.services.tickets import tickets
from tests import factories
from tests.browser.conftest import OpenWindow
from tests.cast import Cast

pytestmark = pytest.mark.databases("sqlite")


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain_forms"])
def test_a_customer_says_how_it_went(app: Flask, window: OpenWindow, cast: Cast, javascript: bool):
    filed = factories.file_ticket(app, cast.ann, "Water in the cellar")
    ann = window(javascript=javascript).sign_in(cast.ann).go(f"/tickets/{filed.number}")
    question = ann.page.get_by_role("group", name="How did we do?")
    expect(question).to_have_count(0)
    if javascript:
        ann.page.evaluate("window.same = true")
    ann.button("Mark as solved").click()
    expect(question).to_be_visible()
    more = ann.page.get_by_label("What was good, or could be better?")
    expect(more).to_be_hidden()
    question.get_by_label("Good").check()
    more.fill("He came at once.")
    rating = ann.page.locator("#rating")
    rating.get_by_role("button", name="Send your rating").click()
    ann.see("Thank you", "Your rating: Good", "Ann Archer rated this good: He came at once.")

    if javascript:
        ann.page.get_by_label("Message").fill("By the way")
    rating.get_by_text("Change your rating").click()
    question.get_by_label("Bad").check()
    more.fill("It leaks again.")
    rating.get_by_role("button", name="Send your rating").click()
    ann.see("Your rating: Bad", "Ann Archer rated this bad: It leaks again.")
    expect(question).to_be_hidden()
    if javascript:
        assert ann.page.evaluate("window.same"), "the page was left"
        expect(ann.page.get_by_label("Message")).to_have_value("By the way")
    ann.button("Reopen ticket").click()
    expect(rating.get_by_text("Your rating")).to_have_count(0)

    sam = window(javascript=javascript).sign_in(cast.sam).go(f"/tickets/{filed.number}")
    facts = sam.page.get_by_role("region", name="Details")
    expect(facts).to_contain_text("It leaks again.")


def test_the_question_comes_to_an_open_page_and_stays_once_it_is_answered(
    app: Flask, window: OpenWindow, cast: Cast
):
    filed = factories.file_ticket(app, cast.ann, "Water in the cellar")
    ann = window().sign_in(cast.ann).go(f"/tickets/{filed.number}")
    rating = ann.page.locator("#rating")

    def turn(status: TicketStatus) -> None:
        """Staff do, and the page is told: the stream has tests of its own."""
        with factories.writing(app):
            ticket = db.session.get_one(Ticket, filed.id)
            tickets.set_status(actor=cast.sam, ticket=ticket, status=status)
        ann.page.locator(".ticket").dispatch_event("lodge:changed", {"bubbles": True})
        ann.see(f"Sam Smith set the status to {status.value.title()}")

    turn(TicketStatus.SOLVED)
    rating.get_by_label("Good", exact=True).check()
    rating.get_by_role("textbox").fill("He came at once.")
    turn(TicketStatus.CLOSED)
    expect(rating.get_by_role("textbox")).to_have_value("He came at once.")
    rating.get_by_role("button", name="Send your rating").click()
    ann.see("Your rating: Good")
