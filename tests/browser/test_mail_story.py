"""One matter, told half in the page and half by mail: nobody loses a word of it."""

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import make_msgid

import pytest
from flask import Flask
from playwright.sync_api import expect

from portal.extensions import db
from portal.models.inbound import Mailbox as DeskMailbox
from tests import pictures
from tests.browser.conftest import OpenWindow
from tests.browser.window import Window
from tests.cast import Cast
from tests.factories import writing
from tests.inbound.mails import DESK, take_in
from tests.mailbox import Mailbox

pytestmark = pytest.mark.databases("sqlite")
TICKET = "/tickets/REQ000001"
DORA = "dora@example.com"
PASSED = "mx.example.com; dmarc=pass header.from=example.com"


@pytest.fixture(autouse=True)
def _mailbox(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "INBOUND_AUTHSERV", "mx.example.com")
    with writing(app):
        db.session.add(DeskMailbox(address=DESK, takes_plus=True))


def answer_to(
    got: EmailMessage, sender: str, text: str, *, copies: str = "", picture: bytes = b""
) -> EmailMessage:
    """What a mail program makes of Reply: its own words, the quote, a picture between."""
    made = EmailMessage(policy=SMTP)
    made["From"] = sender
    made["To"] = got["Reply-To"]
    if copies:
        made["Cc"] = copies
    made["Subject"] = f"Re: {got['Subject']}"
    made["Message-ID"] = make_msgid(domain="phone.example")
    made["In-Reply-To"] = got["Message-ID"]
    made["References"] = " ".join(filter(None, (got["References"], got["Message-ID"])))
    made["Date"] = "Tue, 1 Dec 2026 09:30:00 +0000"
    made["Authentication-Results"] = PASSED
    quoted = "\n".join(f"> {line}" for line in text_of(got).splitlines())
    intro = "On Tue, 1 Dec 2026 at 09:00, Example Support <support@example.com> wrote:"
    made.set_content(f"{text}\n\n{intro}\n\n{quoted}\n")
    if picture:
        made.add_attachment(picture, "image", "png", filename="pipe.png")
    return made


def text_of(got: EmailMessage) -> str:
    body = got.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def answer(sam: Window, text: str) -> None:
    sam.page.get_by_label("Message").fill(text)
    sam.button("Send").click()
    expect(sam.page.locator(".msg-staff").last).to_contain_text(text)


def test_a_matter_goes_on_by_page_and_by_mail(
    app: Flask, window: OpenWindow, cast: Cast, mailbox: Mailbox
) -> None:
    carl = window().sign_in(cast.carl).go("/tickets/new")
    carl.page.get_by_label("Subject").fill("A leak")
    carl.page.get_by_label("Message").fill("It drips.")
    carl.button("Send").click()
    carl.see("It drips.")

    sam = window().sign_in(cast.sam).go(TICKET)
    answer(sam, "Where exactly?")

    [*_, asked] = mailbox.sent(cast.carl.email)
    drawn = pictures.png(400, 300)
    take_in(
        app,
        answer_to(asked, cast.carl.email, "Under the sink.", copies=DORA, picture=drawn),
    )

    sam.go(TICKET)
    said = sam.page.get_by_role("article").filter(has_text="Under the sink.")
    expect(said).to_contain_text("pipe.png")
    quoted = said.get_by_text("> Where exactly?")
    expect(quoted).to_be_hidden()
    said.get_by_text("Quoted text and signature").click()
    expect(quoted).to_be_visible()
    expect(sam.page.locator("#participants")).to_contain_text(DORA)

    answer(sam, "A plumber comes at noon.")
    [*_, told] = mailbox.sent(DORA)
    assert "A plumber comes at noon." in text_of(told)
    take_in(app, answer_to(told, DORA, "I let him in."))

    sam.go(TICKET)
    sam.see("I let him in.", "New on this ticket")
    carl.go(TICKET)
    carl.see("It drips.", "Where exactly?", "Under the sink.", "I let him in.")
    [*_, copy] = mailbox.sent(cast.carl.email)
    assert "I let him in." in text_of(copy)
