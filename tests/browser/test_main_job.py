"""The main job from end to end: a customer asks, staff answer. With JavaScript and without."""

import pytest
from flask import Flask
from playwright.sync_api import expect

from portal.models.people import AfterSending
from tests import factories
from tests.browser.conftest import OpenWindow
from tests.browser.window import Window
from tests.cast import PASSWORD, Cast
from tests.mailbox import Mailbox

NOTE = "Third leak in that street, ask the plumber for a rebate"
ANSWER = "A plumber is with you before noon"
THANKS = "He came and all is dry"


@pytest.mark.databases("postgresql")  # flows/test_main_job has the story on both
@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain_forms"])
def test_a_customer_asks_and_staff_answer(
    app: Flask, window: OpenWindow, cast: Cast, mailbox: Mailbox, javascript: bool
):
    factories.go_on(app, AfterSending.STAY)
    dora = window(javascript=javascript)
    _register(dora, mailbox)
    _file(dora)

    sam = window(javascript=javascript).sign_in(cast.sam)
    _open_from_the_queue(sam)
    _triage(sam)
    _answer(sam)
    _note(sam)
    if javascript:
        assert sam.page.evaluate("window.same"), "the page was left"
        assert sam.page.url.endswith("&open=REQ000001")
        sam.see("Everybody has an answer")  # the list beside it

    dora.page.reload()
    dora.see("Support", "Sam Smith", ANSWER)
    dora.never_see(NOTE, "Internal note")
    _say_thanks(dora)

    told = [
        "Dora Dahl: It is rising.",
        "Sam Smith took this ticket",
        "Sam Smith set the priority to High",
        "Sam Smith: A plumber is with you before noon",
        "Sam Smith set the status to Open",
        "Dora Dahl: He came and all is dry",
        "Dora Dahl set the status to Solved",
        "Dora Dahl set the status to Open",
    ]
    assert _history(dora) == told
    sam.go("/tickets/REQ000001")
    for_staff = [*told[:3], "Sam Smith added tags cellar, plumbing", *told[3:]]
    assert _history(sam) == [*for_staff[:6], f"Sam Smith: {NOTE}", *for_staff[6:]]


def _register(dora: Window, mailbox: Mailbox) -> None:
    dora.go("/")
    dora.link("Create an account").click()
    for label, value in [
        ("E-mail address", "dora@example.com"),
        ("First name", "Dora"),
        ("Last name", "Dahl"),
        ("Company", "Dahl & Daughters"),
    ]:
        dora.page.get_by_label(label).fill(value)
    dora.button("Continue").click()
    dora.see("Check your mail", "dora@example.com")
    dora.go(mailbox.link("dora@example.com", "verify"))
    dora.see("Dora Dahl", "dora@example.com", "Dahl & Daughters")
    dora.page.get_by_label("Password").fill(PASSWORD)
    dora.button("Open the account").click()
    dora.see("Your account is open", "No tickets yet")


def _file(dora: Window) -> None:
    dora.link("File the first one").click()
    dora.page.get_by_label("Subject").fill("Water in the cellar")
    dora.page.get_by_label("Message").fill("It is *rising*.")
    dora.page.get_by_role("group", name="How urgent is it?").get_by_label("I cannot work").check()
    dora.page.get_by_label("Attachments").set_input_files(
        {"name": "cellar.txt", "mimeType": "text/plain", "buffer": b"Ankle-deep, and cold."}
    )
    dora.button("Send").click()
    dora.page.wait_for_url("**/tickets/REQ000001")
    expect(dora.page.locator(".prose em")).to_have_text("rising")
    _download(dora)


def _download(someone: Window) -> None:
    with someone.page.expect_download() as started:
        someone.page.get_by_role("link", name="cellar.txt").click()
    assert started.value.suggested_filename == "cellar.txt"
    assert started.value.path().read_bytes() == b"Ankle-deep, and cold."


def _open_from_the_queue(sam: Window) -> None:
    sam.see("Dora Dahl", "Dahl & Daughters", "Urgent")
    if sam.javascript:
        sam.page.evaluate("window.same = true")
    sam.link("Water in the cellar").click()
    sam.see("rising")
    _download(sam)


def _triage(sam: Window) -> None:
    sam.button("Assign to me").click()
    sam.see("Sam Smith took this ticket")
    if sam.javascript:
        row = sam.page.get_by_role("row", name="Water in the cellar")
        expect(row).to_contain_text("Sam Smith")
    sam.set_property("Priority", "High")
    sam.see("set the priority to High")
    sam.set_property("Tags", "plumbing, cellar")
    sam.see("added tags cellar, plumbing")


def _answer(sam: Window) -> None:
    sam.page.get_by_label("Message").fill(ANSWER)
    sam.button("Send").click()
    expect(sam.page.locator(".msg-staff")).to_contain_text(ANSWER)


def _note(sam: Window) -> None:
    sam.page.get_by_label("Message").focus()  # the composer is one line until then
    sam.page.get_by_label("Internal note").check()
    sam.see("Only staff can read this.")
    sam.page.get_by_label("Message").fill(NOTE)
    sam.button("Add note").click()
    expect(sam.page.locator(".msg-note")).to_contain_text(NOTE)


def _say_thanks(dora: Window) -> None:
    dora.page.get_by_label("Message").fill(THANKS)
    dora.button("Send").click()
    dora.see(THANKS)
    dora.button("Mark as solved").click()
    dora.see("Dora Dahl set the status to Solved")
    dora.button("Reopen ticket").click()
    dora.see("Dora Dahl set the status to Open")


def _history(someone: Window) -> list[str]:
    """What the conversation tells, in its order, without the times."""
    return someone.page.locator("#timeline > li:not(.day, .new-line)").evaluate_all(
        """items => items.map(li => li.matches(".msg")
             ? `${li.querySelector("strong").textContent}: ${li.querySelector(".prose").innerText}`
             : li.querySelector("span").textContent)"""
    )
