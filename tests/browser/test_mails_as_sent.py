"""Mails of strangers in a real browser: seen, and nothing of them runs, loads or leaves."""

from email.message import EmailMessage

import pytest
from flask import Flask
from playwright.sync_api import Route, expect

from portal import mail_html
from portal.extensions import db
from portal.models.inbound import Mailbox
from portal.models.people import User
from tests import factories, pictures
from tests.browser import axe
from tests.browser.conftest import OpenWindow
from tests.cast import Cast
from tests.inbound.mails import DESK, mail, take_in
from tests.test_mail_html import DEEP, HOSTILE

pytestmark = pytest.mark.databases("sqlite")
TICKET = "/tickets/REQ000001"
SENT = f"{TICKET}/messages/1/mail"
HTML = (
    "<h1>Spring offer</h1><table><tr><td>Pipe</td><td>12</td></tr></table>"
    '<img src="cid:pipe@x" alt="The pipe"><img src="https://shop.example/logo.png" alt="Shop">'
    '<p><a href="/tickets/">ours</a> <a href="https://shop.example/offer">offer</a></p>'
)


def sent(html: str) -> EmailMessage:
    made = mail(text="Look below.")
    made.add_alternative(html, subtype="html")
    made.get_payload(1).add_related(
        pictures.png(120, 80), "image", "png", cid="<pipe@x>", filename="pipe.png"
    )
    return made


def bring(app: Flask, html: str) -> None:
    with factories.writing(app):
        db.session.add(Mailbox(address=DESK))
    take_in(app, sent(html))


@pytest.mark.threat("scripts in text")
@pytest.mark.parametrize("with_pictures", [False, True])
def test_nothing_that_a_mail_may_hold_does_anything(
    app: Flask, window: OpenWindow, cast: Cast, with_pictures: bool
) -> None:
    bring(app, "\n".join((*HOSTILE.values(), DEEP, "<p>The end</p>")))
    sam = window().sign_in(cast.sam)
    asked: list[str] = []

    def picture(route: Route) -> None:
        asked.append(f"{route.request.resource_type} {route.request.headers.get('referer', '')}")
        route.fulfill(body=pictures.png(1, 1), content_type="image/png")

    sam.context.route("https://evil.example/**", picture)
    sam.go(f"{SENT}?pictures=1" if with_pictures else SENT)
    expect(sam.page.frame_locator("iframe").get_by_text("deep")).to_be_attached()
    assert set(asked) <= ({"image "} if with_pictures else set())
    assert bool(asked) is with_pictures
    sam.faults[:] = [one for one in sam.faults if "evil.example" not in one or not with_pictures]


@pytest.mark.threat("scripts in text")
def test_the_policy_alone_would_hold_what_the_sanitizer_let_through(
    app: Flask, window: OpenWindow, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(app, "<p>Above</p>".join(HOSTILE.values()))
    monkeypatch.setattr(mail_html, "show", lambda html, *_, **__: html)
    sam = window().sign_in(cast.sam)
    left: list[str] = []

    def reached(route: Route) -> None:
        left.append(route.request.url)
        route.abort()

    sam.context.route(lambda url: "evil.example" in url, reached)
    sam.go(SENT)
    expect(sam.page.frame_locator("iframe").get_by_text("Above").first).to_be_attached()
    sam.page.wait_for_load_state("load")
    assert sam.page.url.endswith(SENT)
    assert not left
    # What was blocked is said on the console; a request is told before it is blocked.
    blocked = [one for one in sam.faults if one.startswith(("console: ", "request to "))]
    assert any("Content Security Policy" in one for one in blocked)
    assert sam.faults == blocked
    sam.faults.clear()


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "none"])
def test_pictures_of_others_come_when_they_are_asked_for(
    app: Flask, window: OpenWindow, cast: Cast, javascript: bool
) -> None:
    bring(app, HTML)
    sam = window(javascript=javascript).sign_in(cast.sam)
    sam.context.route(
        "https://shop.example/**",
        lambda route: route.fulfill(body=pictures.png(30, 30), content_type="image/png"),
    )
    sam.go(SENT)
    inside = sam.page.frame_locator("iframe")
    expect(inside.get_by_role("img", name="The pipe")).to_be_visible()
    expect(inside.get_by_role("img", name="Shop")).to_have_count(0)
    assert not sam.faults
    sam.link("Show remote pictures").click()
    expect(inside.get_by_role("img", name="Shop")).to_be_visible()
    assert [fault for fault in sam.faults if "logo.png" in fault]
    sam.faults.clear()


def test_who_prefers_it_reads_the_conversation_so(
    app: Flask, window: OpenWindow, cast: Cast
) -> None:
    bring(app, HTML)
    sam = window(width=360, height=740).sign_in(cast.sam)
    axe.bring(sam.context)
    sam.go("/account/").page.get_by_label("Show mails as").select_option("sent")
    sam.button("Save").click()
    sam.see("Your profile is saved.")
    with app.app_context():
        assert db.session.get_one(User, cast.sam.id).mails_as == "sent"
    sam.go(TICKET)
    expect(sam.page.frame_locator("iframe").get_by_role("cell", name="Pipe")).to_be_visible()
    box = sam.page.locator("iframe").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    assert not axe.faults(sam.page, "as sent", axe.SIGHTS["en"])
    # On paper a frame would end where its window does.
    sam.page.emulate_media(media="print")
    expect(sam.page.get_by_text("Look below.")).to_be_visible()
    expect(sam.page.locator("iframe")).to_be_hidden()
