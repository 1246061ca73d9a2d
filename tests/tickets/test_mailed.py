"""What a conversation shows of a message that came by mail."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

import pytest
from flask import Flask

from portal.extensions import db
from portal.models.inbound import Mailbox
from portal.queries.tickets.timeline import MAX_REST
from tests import factories
from tests.api.api_client import ApiClient, token_of
from tests.cast import make_cast
from tests.databases import BOTH, unchanged
from tests.inbound.mails import DESK, mail, take_in
from tests.page import Page, Visitor
from tests.statements import statements

pytestmark = BOTH

TICKET = "/tickets/REQ000001"
QUOTE = "On Mon, Nov 30, 2026 at 10:00 AM Sam wrote:\n> Is it <b>cold</b>?\n>\n> Sam"
# The last letters are beyond what a conversation shows.
LONG = QUOTE + "\n> and so on" * (MAX_REST // 10) + "\n> The end"


SEALED = (
    b"From: ann@example.com\nTo: support@example.com\nSubject: Sealed\n"
    b"Message-ID: <sealed@mail.example.com>\nContent-Type: application/pkcs7-mime; name=smime.p7m\n"
    b"Content-Transfer-Encoding: base64\n\nMIAG\n"
)


@dataclass(frozen=True)
class Conversation:
    """A question typed on a page, an answer by mail, and the note of a program."""

    app: Flask
    readers: dict[str, Visitor]
    program: ApiClient
    mail_id: int

    def seen_by(self, name: str, path: str = TICKET) -> Page:
        return self.readers[name].get(path)


@pytest.fixture(scope="module")
def talk(shared_app: Flask) -> Iterator[Conversation]:
    cast = make_cast(shared_app)
    with factories.writing(shared_app):
        db.session.add(Mailbox(address=DESK))
    for subject in ("Radiator", "Window", "Door"):
        factories.file_ticket(shared_app, cast.ann, subject, "Typed by hand.")
    sent = {"Auto-Submitted": "auto-replied"}
    ids = take_in(
        shared_app,
        mail(text=f"It drips.\n\n{QUOTE}", subject="Re: REQ000001"),
        mail(text=f"I am away.\n\n{QUOTE}", subject="Re: REQ000001", headers=sent),
        mail(text=f"It is long.\n\n{LONG}", subject="Re: REQ000002"),
        SEALED,
    )
    names = ("ann", "sam", "ada")
    readers = {name: Visitor(shared_app).sign_in(getattr(cast, name)) for name in names}
    program = ApiClient(shared_app, token_of(shared_app, cast.ann))
    with unchanged(shared_app):
        yield Conversation(shared_app, readers, program, ids[0])


@pytest.mark.parametrize("name", ["ann", "sam"])
def test_quotes_are_folded_below_the_message_as_text(talk: Conversation, name: str) -> None:
    page = talk.seen_by(name)
    message = page.one(id="comment-4")
    assert message.one(class_="prose").text == "It drips."
    [fold] = message.all("details")
    assert "open" not in fold.attributes
    assert fold.one("summary").text.startswith("Quoted text and signature")
    assert escape(QUOTE) in page.text
    assert not page.one(id="comment-1").all("details")


def test_a_message_says_that_it_came_by_mail(talk: Conversation) -> None:
    for name in ("ann", "sam"):
        page = talk.seen_by(name)
        assert "by mail" in page.one(id="comment-4").one(class_="msg-head").text
        assert "by mail" not in page.one(id="comment-1").text


@pytest.mark.parametrize("path", [TICKET, f"{TICKET}/messages/4"])
def test_its_journey_is_a_link_for_administrators_alone(talk: Conversation, path: str) -> None:
    href = f"/admin/mail/{talk.mail_id}"
    assert [link.text for link in talk.seen_by("ada", path).all("a", href=href)] == ["by mail"]
    for name in ("ann", "sam"):
        assert "/admin/mail/" not in talk.seen_by(name, path).text


def test_an_automatic_answer_is_a_folded_line_for_staff(talk: Conversation) -> None:
    line = talk.seen_by("sam").one(id="comment-5")
    assert line.all("summary")[0].text == "Ann Archer: Automatic answer"
    assert "Internal note" not in line.text
    assert line.all("details")[0].one(class_="prose").text == "I am away."
    assert not talk.seen_by("ann").all(id="comment-5")


def test_a_long_quotation_is_whole_on_the_page_of_its_message(talk: Conversation) -> None:
    shown = talk.seen_by("ann", "/tickets/REQ000002")
    [link] = shown.one("details", class_="rest").all("a")
    assert "The end" not in shown.text
    assert "The end" in talk.seen_by("ann", link["href"]).text


def test_the_api_has_the_quotes_or_null(talk: Conversation) -> None:
    answer = talk.program.get("/tickets/REQ000001/comments")
    assert [one["quoted"] for one in answer.json["items"]] == [None, QUOTE]


@pytest.mark.parametrize("path", ["/tickets/REQ000004", "/tickets/REQ000004/messages/7"])
def test_what_is_sealed_says_so(talk: Conversation, path: str) -> None:
    for name in ("ann", "sam"):
        assert "It is encrypted." in talk.seen_by(name, path).words
        assert "It is encrypted." not in talk.seen_by(name).words


@pytest.mark.parametrize("name", ["ann", "sam", "ada"])
def test_mails_cost_a_conversation_no_statement(talk: Conversation, name: str) -> None:
    with statements(talk.app) as without:
        talk.seen_by(name, "/tickets/REQ000003")
    with statements(talk.app) as seen:
        talk.seen_by(name)
    assert len(seen) == len(without)
