from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import update

from portal.extensions import db
from portal.models.people import Actor, OrganizationRole, User
from portal.tickets.composer import quotes
from tests import factories
from tests.cast import Cast
from tests.page import Page, Visitor

SECRET = "They did not pay."


@pytest.fixture
def ticket(app: Flask, cast: Cast) -> str:
    """The address of a ticket of Ann's (comment 1) with a note of Sam's (comment 2)."""
    filed = factories.file_ticket(app, cast.ann, message="No water.\n\nSince <Monday>.")
    factories.post_comment(app, cast.sam, filed, SECRET, internal=True)
    return f"/tickets/{filed.number}"


def composer(page: Page) -> tuple[str, bool]:
    """What stands in it, and whether it is a note."""
    note = [box for box in page.all("input", name="internal") if box["value"] == "1"]
    text = page.one("textarea", name="message")._raw_text()
    return text.removeprefix("\n"), bool(note) and note[0].get("checked") is not None


QUOTED = "> Ann Archer wrote:\n>\n> No water.\n>\n> Since <Monday>.\n\n"


def make_viewer(app: Flask, cast: Cast) -> Actor:
    """Bob, who may only read what his organization writes."""
    role = {"organization_role": OrganizationRole.VIEWER}
    with factories.writing(app):
        db.session.execute(update(User).where(User.id == cast.bob.id).values(**role))
    return cast.bob


@pytest.mark.parametrize("who", ["ann", "sam"])
def test_a_link_at_each_message_puts_it_into_the_composer(
    client: Visitor, cast: Cast, ticket: str, who: str
):
    visitor = client.sign_in(getattr(cast, who))
    every = visitor.get(ticket).all("a")
    links = [link["href"] for link in every if "data-quote" in link.attributes]
    assert links[0] == f"{ticket}?quote=1#message"
    assert len(links) == (2 if who == "sam" else 1)
    assert composer(visitor.get(links[0])) == (QUOTED, False)
    assert composer(visitor.get(ticket)) == ("", False)


def test_it_stands_below_what_was_begun(client: Visitor, cast: Cast, ticket: str):
    sam = client.sign_in(cast.sam)
    sam.post(f"{ticket}/draft", {"message": "Dear Ann,"})
    assert composer(sam.get(f"{ticket}?quote=1")) == (f"Dear Ann,\n\n{QUOTED}", False)


def test_scripts_get_the_words_alone(client: Visitor, cast: Cast, ticket: str):
    answer = client.sign_in(cast.ann).http.get(f"{ticket}/messages/1/quote")
    assert (answer.text, answer.mimetype) == (QUOTED, "text/plain")


@pytest.mark.threat("notes and secrets shown")
def test_a_note_is_quoted_in_a_note_and_never_in_an_answer(
    client: Visitor, cast: Cast, ticket: str
):
    sam = client.sign_in(cast.sam)
    text, is_note = composer(sam.get(f"{ticket}?quote=2"))
    assert (SECRET in text, is_note) == (True, True)
    sam.post(f"{ticket}/draft", {"message": "Dear Ann,"})
    page = sam.get(f"{ticket}?quote=2")
    assert composer(page) == ("Dear Ann,", False)
    assert "Notes among staff are quoted in notes alone." in page.words


@pytest.mark.threat("notes and secrets shown")
def test_no_customer_quotes_a_note(client: Visitor, cast: Cast, ticket: str):
    ann = client.sign_in(cast.ann)
    ann.get(f"{ticket}/messages/2/quote", status=404)
    ann.get(f"{ticket}?quote=2", status=404)


@pytest.mark.threat("foreign rows")
def test_only_messages_of_that_ticket_are_quoted_and_only_by_who_may_write(
    app: Flask, visit: Callable[[], Visitor], cast: Cast, ticket: str
):
    other = factories.file_ticket(app, cast.carl, message="Of Carl")
    ann = visit().sign_in(cast.ann)
    for number in ("3", "99", "x", "-1", "9" * 30):
        assert "Of Carl" not in ann.http.get(f"{ticket}?quote={number}").text
    ann.get(f"{ticket}/messages/3/quote", status=404)
    ann.get(f"/tickets/{other.number}/messages/3/quote", status=404)
    visit().sign_in(make_viewer(app, cast)).get(f"{ticket}/messages/1/quote", status=403)
    visit().get(f"{ticket}/messages/1/quote", status=303)


def test_who_may_only_read_is_offered_none(app: Flask, client: Visitor, cast: Cast, ticket: str):
    page = client.sign_in(make_viewer(app, cast)).get(f"{ticket}?quote=1")
    assert not [link for link in page.all("a") if "data-quote" in link.attributes]
    assert "Ann Archer wrote" not in page.words


def test_of_a_long_message_the_beginning_is_quoted(app: Flask, client: Visitor, cast: Cast):
    filed = factories.file_ticket(app, cast.ann, message="x" * 60_000)
    text, _note = composer(client.sign_in(cast.sam).get(f"/tickets/{filed.number}?quote=1"))
    assert text.endswith("x…\n\n")
    assert len(text) < quotes._MAX_QUOTED + 100
