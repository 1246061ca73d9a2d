"""Somebody who types code wherever a portal takes text. Nothing of it ever runs.

What must not happen (a dialog, an error, blocked content, a request to somebody else) is noted by
every window and fails the test at its end.
"""

import re
from urllib.parse import urlencode

import pytest
from flask import Flask
from playwright.sync_api import expect

from portal.queries.people import users
from tests import factories
from tests.browser.conftest import OpenWindow
from tests.browser.window import Window
from tests.cast import PASSWORD, Cast
from tests.mailbox import Mailbox

pytestmark = pytest.mark.databases("postgresql")

NAME = "<img src=x onerror=alert(1)>"
COMPANY = "\"><script>alert('company')</script>"
FILE = "&lt;svg onload=alert(1)&gt; ' onmouseover=alert(1).svg"
CODE = [
    "<script>alert(1)</script>",
    '<script src="https://evil.example/x.js"></script>',
    "<img src=x onerror=alert(1)>",
    "![x](https://evil.example/pixel.png)",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg/onload=alert(1)><style><img src=x onerror=alert(1)></style>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<form action=https://evil.example><button autofocus onfocus=alert(1)>",
    "<base href=https://evil.example/><meta http-equiv=refresh content='0;https://evil.example'>",
    "<link rel=stylesheet href=https://evil.example/x.css><style>@import '//evil.example'</style>",
    "</textarea></title></script></style><script>alert(1)</script>",
    "[press](javascript:alert(1)) <javascript:alert(1)>",
    "[press](data:text/html,<script>alert(1)</script>)",
    "\" autofocus onfocus=alert(1) x=\" ' onmouseover=alert(1) '",
    "<b hx-get='/auth/logout' hx-trigger='load' hx-on:load='alert(1)' data-hx-get='/x'>hx</b>",
    "<hx-partial hx-target='#queue'>gone</hx-partial><template hx type=partial>x</template>",
    "<a href='/' ping='https://evil.example'>a</a><details open ontoggle=alert(1)>",
    "{{ 7*7 }} ${alert(1)} {% raw %} %(name)s %s {0}",
    "<scr\u200bipt>alert(1)</script> \u2028\u2029 <\ufeffscript>alert(1)</script>",
]


@pytest.mark.threat("scripts in text")
def test_code_that_customers_type_never_runs(
    app: Flask, window: OpenWindow, cast: Cast, mailbox: Mailbox
):
    mallory = window()
    _register(mallory, mailbox)
    _file_with_the_form(mallory)
    with app.app_context():
        account = users.by_email("mallory@example.com")
        assert account is not None
        actor = factories.actor(account)
    for code in CODE:
        factories.file_ticket(app, actor, code, f"{code}\n\n> {code}\n\n- {code}\n\n`{code}`")
    mallory.go("/tickets/")
    expect(mallory.page.locator("tbody a")).to_have_count(len(CODE) + 1)
    _begin_another(mallory)

    sam = window().sign_in(cast.sam)
    _read_everything(sam)
    sam.go("/tickets/REQ000001")
    sam.see(f"{NAME} Smith", COMPANY)
    assert sam.page.locator(".file-name").all_inner_texts() == [FILE, "evil.html"]
    sam.link("evil.html 25 B").click()  # it is kept, never shown
    _search(sam)
    _look_around(sam, account.number)

    ada = window().sign_in(cast.ada).go("/admin/users?q=mallory")
    ada.see(f"{NAME} Smith", COMPANY)
    ada.page.locator("[id^=person-] summary").click()
    ada.button("Disable").click()
    ada.see(f"{NAME} Smith is signed out everywhere")


def _register(mallory: Window, mailbox: Mailbox) -> None:
    mallory.go("/auth/register")
    for label, value in [
        ("First name", NAME),
        ("Last name", "Smith"),
        ("Company", COMPANY),
    ]:
        mallory.page.get_by_label(label).fill(value)
    mallory.page.get_by_label("E-mail address").fill("mallory@example.com")
    mallory.button("Continue").click()
    mallory.page.wait_for_url("**/auth/register/sent")
    mallory.go(mailbox.link("mallory@example.com", "verify"))
    mallory.see(f"{NAME} Smith", COMPANY)
    mallory.page.get_by_label("Password").fill(PASSWORD)
    mallory.button("Open the account").click()
    mallory.page.wait_for_url("**/tickets/")


def _file_with_the_form(mallory: Window) -> None:
    mallory.go("/tickets/new")
    mallory.page.get_by_label("Subject").fill(CODE[0])
    mallory.page.get_by_label("Message").fill("\n\n".join(CODE))
    mallory.page.get_by_label("Attachments").set_input_files(
        [
            {"name": name, "mimeType": "text/html", "buffer": b"<script>alert(1)</script>"}
            for name in (FILE, "evil.html")
        ]
    )
    mallory.button("Send").click()
    mallory.page.wait_for_url("**/tickets/REQ000001")
    mallory.page.locator(".prose").hover()


def _read_everything(sam: Window) -> None:
    """Open each ticket beside the list, over the mouse: who waits longest comes first."""
    links = sam.page.locator("#rows .m a")
    expect(links).to_have_count(len(CODE) + 1)
    for code in [CODE[0], *CODE]:
        sam.page.keyboard.press("j")
        sam.page.keyboard.press("o")
        sam.page.wait_for_function(  # the title before it has focus, too
            "code => document.querySelector('#panel-title')?.textContent === code", arg=code
        )
        expect(sam.page.locator("#panel-title")).to_be_focused()
        sam.page.locator("#timeline .prose").hover()


def _search(sam: Window) -> None:
    sam.go("/tickets/queue")
    box = sam.page.get_by_role("searchbox", name="Search tickets")
    box.fill("\"'<script>alert(1)</script> & %_ * OR (")
    expect(sam.page).to_have_url(re.compile("script"))
    expect(box).to_be_focused()


def _begin_another(mallory: Window) -> None:
    """What was written before comes up while the subject is typed."""
    mallory.go("/tickets/new")
    mallory.page.get_by_label("Subject").press_sequentially(CODE[0])
    expect(mallory.page.locator(".earlier-tickets li").first).to_contain_text("script")


def _look_around(sam: Window, number: str) -> None:
    """The palette, pages of the person and the company, what is alike, chips of a search."""
    page = sam.page
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.locator("#palette-q").press_sequentially("Smith")
    expect(page.locator("#palette .go-way", has_text=NAME).first).to_be_visible(timeout=20_000)
    sam.go(f"/go?{urlencode({'q': NAME})}")
    sam.go(f"/people/{number}")
    sam.see(f"{NAME} Smith", COMPANY)
    page.locator("main").get_by_role("link", name=COMPANY).first.click()
    page.wait_for_url("**/organizations/**")
    sam.see(f"{NAME} Smith", COMPANY)
    sam.go("/tickets/REQ000001/similar")
    expect(page.locator("main li").first).to_be_visible()
    asked = f'tag:"{NAME}" -department:"<svg onload=alert(1)>" created:7d'
    sam.go(f"/tickets/queue?{urlencode({'q': asked, 'view': 'all'})}")
    expect(page.locator(".chip")).to_have_count(3)
    sam.see(NAME)
