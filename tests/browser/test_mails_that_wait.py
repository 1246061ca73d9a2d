"""Mail that waits: an administrator adds a mailbox and decides, a colleague says what is theirs."""

import pytest
from flask import Flask
from playwright.sync_api import expect

from tests.browser.conftest import OpenWindow
from tests.cast import Cast
from tests.inbound.mails import mail, read, take_in, tickets

pytestmark = pytest.mark.databases("sqlite")


def test_a_mailbox_is_added_and_its_server_asked_for_where_it_is_fetched(
    window: OpenWindow, cast: Cast
):
    ada = window(width=360, height=740).sign_in(cast.ada).go("/admin/mail")
    ada.link("Mailboxes").click()
    ada.link("Add a mailbox").click()
    server = ada.page.get_by_label("Server", exact=True)
    expect(server).to_be_hidden()
    ada.page.get_by_label("It is fetched by IMAP").check()
    ada.page.get_by_label("Address", exact=True).fill("support@example.com")
    server.fill("imap.example.com")
    ada.page.get_by_label("User name").fill("support")
    ada.page.get_by_label("Password").fill("s3cret words")
    ada.button("Add a mailbox").click()
    ada.see("support@example.com is added.", "It was not fetched yet")


def test_several_are_accepted_at_once_without_scripts(app: Flask, window: OpenWindow, cast: Cast):
    take_in(app, *(mail(subject=f"Leak {n}", headers={"X-Spam-Flag": "YES"}) for n in range(3)))
    ada = window(javascript=False).sign_in(cast.ada).go("/admin/mail?view=suspected")
    for name in ("Leak 0", "Leak 2"):
        ada.page.get_by_role("checkbox", name=name).check()
    ada.button("Accept").click()
    ada.see("2 mails will be read now.", "Leak 1")
    read(app)
    assert [ticket.subject for ticket in tickets(app)] == ["Leak 0", "Leak 2"]


def test_all_of_a_page_are_ticked_at_once(app: Flask, window: OpenWindow, cast: Cast):
    take_in(app, *(mail(subject=f"Leak {n}", headers={"X-Spam-Flag": "YES"}) for n in range(3)))
    ada = window().sign_in(cast.ada).go("/admin/mail")
    ada.page.get_by_role("checkbox", name="Select all").check()
    expect(ada.page.get_by_role("checkbox", name="Leak 1")).to_be_checked()
    ada.button("Put away").click()
    ada.see("3 mails are put away.", "Nothing to decide")


def test_a_colleague_is_led_from_the_bell_to_their_mail_and_confirms_it(
    app: Flask, window: OpenWindow, cast: Cast
):
    take_in(app, mail("sam@example.com", "The boiler is new.", subject="The boiler"))
    sam = window(width=360, height=740).sign_in(cast.sam).go("/tickets/notifications")
    sam.link("The boiler").click()
    sam.see("The boiler is new.")
    sam.button("Yes, I wrote this").click()
    sam.see("Your mail will be read now.", "Nothing waits for your word")
    read(app)
    assert [ticket.subject for ticket in tickets(app)] == ["The boiler"]
