"""A message as the mail by which it came: who sees it, and under which policy."""

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

import pytest
from flask import Flask

from portal.extensions import db
from portal.models.inbound import Mailbox
from portal.models.people import MailsAs, User
from tests import factories, pictures
from tests.cast import make_cast
from tests.databases import BOTH, unchanged
from tests.inbound.mails import DESK, mail, take_in
from tests.page import Page, Visitor

pytestmark = BOTH

SENT = "/tickets/REQ000001/messages/1/mail"
FRAME = f"{SENT}.html"
HTML = (
    '<p style="color:red" onclick="alert(1)">It <b>drips</b>.<img src="cid:pic@x" alt="The pipe">'
    '<img src="https://shop.example/pixel.png"><a href="https://shop.example/">shop</a></p>'
)
PNG = pictures.png(3, 2)


def with_html(subject: str, **options: Any) -> EmailMessage:
    made = mail(subject=subject, text="It drips.", **options)
    made.add_alternative(HTML, subtype="html")
    part = made.get_payload(1)
    part.add_related(PNG, "image", "png", cid="<pic@x>", filename="pipe.png", disposition="inline")
    return made


@dataclass(frozen=True)
class Sent:
    """A ticket by mail with HTML, an automatic answer with HTML, and a ticket without any."""

    app: Flask
    readers: dict[str, Visitor]

    def seen_by(self, name: str, path: str, status: int = 200) -> Page:
        return self.readers[name].get(path, status)

    def framed(self, name: str, path: str = FRAME, status: int = 200) -> Page:
        """What is no page of ours keeps no rules of pages."""
        page = Page(self.readers[name].http.get(path))
        assert page.status == status
        return page


@pytest.fixture(scope="module")
def sent(shared_app: Flask) -> Iterator[Sent]:
    cast = make_cast(shared_app)
    with factories.writing(shared_app):
        db.session.add(Mailbox(address=DESK))
        for person in (cast.bob, cast.ada):
            db.session.get_one(User, person.id).mails_as = MailsAs.SENT
    automatic = {"Auto-Submitted": "auto-replied"}
    take_in(
        shared_app,
        with_html("A leak"),
        with_html("Re: REQ000001", headers=automatic),
        mail(subject="Without"),
        with_html("Another leak", sender="bob@example.com"),
    )
    names = ("ann", "bob", "carl", "sam", "ada")
    readers = {name: Visitor(shared_app).sign_in(getattr(cast, name)) for name in names}
    with unchanged(shared_app):
        yield Sent(shared_app, readers)


def test_the_frame_has_what_was_sent_and_nothing_that_does_anything(sent: Sent) -> None:
    page = sent.framed("sam")
    assert page.one("b").text == "drips"
    assert page.one("img")["src"].startswith("data:image/png;base64,iVBOR")
    for gone in ("onclick", 'style="', "pixel.png"):
        assert gone not in page.text
    assert page.one("a")["target"] == "_blank"


@pytest.mark.threat("scripts in text")
def test_the_frame_has_a_policy_of_its_own(sent: Sent) -> None:
    headers = sent.framed("sam").headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    for rule in ("base-uri 'none'", "form-action 'none'", "frame-ancestors 'self'", "sandbox "):
        assert rule in policy
    for power in ("allow-scripts", "allow-same-origin", "unsafe", "allow-forms"):
        assert power not in policy
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-DNS-Prefetch-Control"] == "off"
    assert headers["Cache-Control"] == "no-store"


def test_pictures_of_others_are_loaded_when_they_are_asked_for(sent: Sent) -> None:
    page = sent.framed("sam", f"{FRAME}?pictures=1")
    assert "img-src data: https:;" in page.headers["Content-Security-Policy"]
    assert [picture["src"][:8] for picture in page.all("img")] == ["data:ima", "https://"]
    assert "pixel" not in sent.framed("sam", f"{FRAME}?pictures=yes").text


@pytest.mark.parametrize("name", ["ann", "sam"])
def test_the_page_has_the_frame_without_any_power(sent: Sent, name: str) -> None:
    frame = sent.seen_by(name, SENT).one("iframe")
    assert frame["src"] == FRAME
    assert "allow-scripts" not in frame["sandbox"]
    assert "allow-same-origin" not in frame["sandbox"]
    assert frame["title"] == "Mail of Ann Archer as it was sent"


def test_a_link_loads_pictures_of_others_into_the_frame(sent: Sent) -> None:
    page = sent.seen_by("sam", SENT)
    link = page.one("a", target=page.one("iframe")["name"])
    assert (link.text, link["href"]) == ("Show remote pictures", f"{FRAME}?pictures=1")
    again = sent.seen_by("sam", f"{SENT}?pictures=1")
    assert again.one("iframe")["src"] == f"{FRAME}?pictures=1"
    assert not again.all("a", target=True)


def test_a_message_leads_to_it_if_its_mail_had_html(sent: Sent) -> None:
    links = sent.seen_by("sam", "/tickets/REQ000001").all("a", href=SENT)
    assert [link.text for link in links] == ["As sent Ann Archer"]
    assert "As sent" not in sent.seen_by("sam", "/tickets/REQ000002").text


@pytest.mark.parametrize(("name", "number", "comment"), [("bob", 3, 4), ("ada", 1, 1)])
def test_who_prefers_it_has_the_frame_in_the_conversation(
    sent: Sent, name: str, number: int, comment: int
) -> None:
    ticket = f"/tickets/REQ00000{number}"
    page = sent.seen_by(name, ticket)
    message = page.one(id=f"comment-{comment}")
    assert message.one("iframe")["src"] == f"{ticket}/messages/{comment}/mail.html"
    assert [text["class"] for text in message.all(class_="prose")] == ["prose printed"]
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]


def test_others_have_its_text(sent: Sent) -> None:
    page = sent.seen_by("sam", "/tickets/REQ000001")
    assert not page.all("iframe")
    assert page.one(id="comment-1").one(class_="prose").text == "It drips."


@pytest.mark.threat("foreign rows")
@pytest.mark.parametrize("path", [SENT, FRAME])
def test_it_is_as_private_as_its_message(sent: Sent, path: str) -> None:
    for name, status in (("ann", 200), ("sam", 200), ("ada", 200), ("carl", 404)):
        sent.framed(name, path, status)
    stranger = Visitor(sent.app)
    assert stranger.http.get(path).status_code == 303
    assert stranger.http.post(path).status_code == 405


@pytest.mark.threat("notes and secrets shown")
@pytest.mark.parametrize("end", ["mail", "mail.html"])
def test_that_of_a_note_is_for_staff(sent: Sent, end: str) -> None:
    path = f"/tickets/REQ000001/messages/2/{end}"
    sent.framed("sam", path)
    sent.framed("ann", path, 404)


@pytest.mark.parametrize("end", ["mail", "mail.html"])
@pytest.mark.parametrize("which", ["REQ000001/messages/3", "REQ000002/messages/1"])
def test_a_message_of_another_ticket_is_none(sent: Sent, which: str, end: str) -> None:
    sent.seen_by("sam", f"/tickets/{which}/{end}", 404)


@pytest.mark.parametrize("which", ["3", "999", "0", "x", "9" * 30])
def test_what_had_no_html_is_not_there(sent: Sent, which: str) -> None:
    sent.seen_by("sam", f"/tickets/REQ000002/messages/{which}/mail", 404)
    sent.seen_by("sam", f"/tickets/REQ000002/messages/{which}/mail.html", 404)
