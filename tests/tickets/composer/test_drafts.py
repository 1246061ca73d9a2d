from collections.abc import Callable
from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models.tickets import Comment, Draft
from tests import factories
from tests.cast import Cast
from tests.page import Page, Visitor

NEW = "/tickets/new"
TEXT = "A <b>careful</b> answer\n\nwith  spaces."


@pytest.fixture
def ticket(app: Flask, cast: Cast) -> str:
    """The address of a ticket of Ann's."""
    return f"/tickets/{factories.file_ticket(app, cast.ann).number}"


@pytest.fixture
def sam(client: Visitor, cast: Cast) -> Visitor:
    return client.sign_in(cast.sam)


def written(page: Page) -> str:
    """What stands in the text of the form."""
    return page.one("textarea", name="message")._raw_text().removeprefix("\n")


def known(page: Page) -> str:
    return page.one("input", name="draft")["value"]


def kept(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Draft.message).order_by(Draft.id)))


def test_a_draft_is_there_in_another_browser_and_gone_when_it_is_sent(
    sam: Visitor, visit: Callable[[], Visitor], cast: Cast, app: Flask, ticket: str
):
    page = sam.follow(sam.post(f"{ticket}/draft", {"message": TEXT, "internal": "1"}))
    assert "Your draft is saved." in page.words
    other = visit().sign_in(cast.sam)
    page = other.get(ticket)
    assert written(page) == TEXT
    assert page.one("input", name="internal", value="1").get("checked") is not None
    assert "Draft saved" in page.words
    fields = {"message": f"{TEXT} Now.", "internal": "1", "draft": known(page)}
    page = other.follow(other.post(f"{ticket}/comments", fields))
    assert (written(page), kept(app)) == ("", [])
    assert written(sam.get(ticket)) == ""


def test_a_draft_of_a_new_ticket_too(client: Visitor, cast: Cast, app: Flask):
    ann = client.sign_in(cast.ann)
    fields = {"subject": "Cold", "message": TEXT, "priority": "urgent"}
    page = ann.follow(ann.post(f"{NEW}/draft", fields))
    assert (page.one("input", name="subject")["value"], written(page)) == ("Cold", TEXT)
    assert page.one("input", name="priority", checked=True)["value"] == "urgent"
    ann.post(NEW, {**fields, "draft": known(page)})
    assert kept(app) == []
    assert written(ann.get(NEW)) == ""


def test_a_refused_answer_leaves_the_draft(sam: Visitor, app: Flask, ticket: str):
    sam.post(f"{ticket}/draft", {"message": TEXT})
    sam.post(f"{ticket}/comments", {"message": "x" * 65_537, "draft": "1"}, status=422)
    sam.post(f"{ticket}/comments", {"message": TEXT, "draft": "1", "status": "odd"}, status=422)
    assert kept(app) == [TEXT]


def test_a_script_gets_the_line_below_the_text(sam: Visitor, ticket: str):
    line = sam.post(f"{ticket}/draft", {"message": TEXT}, status=200, htmx=True)
    state = line.one("div", data_draft_state=True)
    assert state["data-version"] == "1"
    assert line.one("button", formaction=f"{ticket}/draft/discard")["hx-post"]
    line = sam.post(f"{ticket}/draft", {"message": "Other"}, status=200, htmx=True)
    assert line.one("p", class_="said")._raw_text() == TEXT
    reply = sam.post(f"{ticket}/draft/restore", status=200, htmx=True)
    assert written(reply) == TEXT


def test_what_is_thrown_away_is_out_of_sight_and_can_be_brought_back(sam: Visitor, ticket: str):
    sam.post(f"{ticket}/draft", {"message": TEXT})
    page = sam.follow(sam.post(f"{ticket}/draft/discard"))
    assert written(page) == ""
    assert "Draft thrown away." in page.words
    page = sam.follow(sam.post(f"{ticket}/draft/restore"))
    assert written(page) == TEXT


def test_files_are_not_kept_and_it_is_said(sam: Visitor, ticket: str):
    files = (BytesIO(b"x"), "note.txt")
    page = sam.follow(sam.post(f"{ticket}/draft", {"message": TEXT, "attachments": files}))
    assert "Please choose your files again" in page.words


def test_a_draft_for_a_ticket_that_was_closed_is_there_to_be_copied(
    sam: Visitor, visit: Callable[[], Visitor], cast: Cast, ticket: str
):
    sam.post(f"{ticket}/draft", {"message": TEXT})
    visit().sign_in(cast.sue).post(f"{ticket}/status", {"status": "closed"})
    assert sam.get(ticket).one("textarea", readonly=True).text == " ".join(TEXT.split())


def test_a_draft_that_is_too_long_is_refused_and_given_back(sam: Visitor, app: Flask, ticket: str):
    text = "x" * 65_537
    page = sam.post(f"{ticket}/draft", {"message": text}, status=422)
    assert page.one("textarea", name="message").text == text
    assert kept(app) == []


@pytest.mark.threat("foreign rows")
def test_nobody_else_sees_a_draft(
    sam: Visitor, visit: Callable[[], Visitor], cast: Cast, app: Flask, ticket: str
):
    sam.post(f"{ticket}/draft", {"message": "the safe combination"})
    for person in (cast.ann, cast.sue, cast.ada):
        assert "combination" not in visit().sign_in(person).get(ticket).text
        visit().sign_in(person).post(f"{ticket}/draft/restore", status=404)
    for person in (cast.carl, cast.bob):
        visit().sign_in(person).post(f"{ticket}/draft", {"message": "Hi"}, status=404)
    visit().sign_in(cast.ann).post(f"{ticket}/draft", {"message": "x", "internal": "1"}, status=403)
    assert kept(app) == ["the safe combination"]


def test_a_note_that_was_begun_is_never_shown_as_a_reply(sam: Visitor, app: Flask, ticket: str):
    sam.post(f"{ticket}/draft", {"message": TEXT, "internal": "1"})
    page = sam.get(ticket)
    assert page.one("input", name="internal", value="").get("checked") is None
    with app.app_context():
        assert db.session.scalars(select(Comment.message)).all() == ["No hot water. Please help."]
