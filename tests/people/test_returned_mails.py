"""Mails to a person that came back, on the person's page, and one's own address on one's own."""

import pytest
from flask import Flask

from portal import clock
from portal.extensions import db
from portal.models.delivery import Outbox, OutboxState, ReturnedMail
from portal.models.people import User
from portal.models.people.user import format_id
from tests import factories
from tests.cast import Cast
from tests.page import Visitor

OWN = "/account/email/works"


@pytest.fixture
def stopped(app: Flask, cast: Cast) -> str:
    """The page of Bob, whose mails came back."""
    add(app, cast, message_id="<lodge.01@example.com>", status="5.1.1")
    with factories.writing(app):
        db.session.get_one(User, cast.bob.id).mail_stopped_at = clock.now()
    return f"/people/{format_id(cast.bob.id)}"


def add(app: Flask, cast: Cast, *, message_id: str, status: str) -> None:
    with factories.writing(app):
        row = ReturnedMail(
            user_id=cast.bob.id,
            address="bob@example.com",
            message_id=message_id,
            status=status,
            said="550 no",
            created_at=clock.now(),
        )
        db.session.add(row)


def is_stopped(app: Flask, cast: Cast) -> bool:
    with app.app_context():
        return db.session.get_one(User, cast.bob.id).mail_stopped_at is not None


def test_staff_see_why_nobody_is_mailed_and_say_that_it_works(
    client: Visitor, app: Flask, cast: Cast, stopped: str
) -> None:
    page = client.sign_in(cast.sam).get(stopped)
    assert "Several mails came back, so none about tickets go there." in page.words
    assert "The last mail came back: there is no such mailbox" in page.words
    page = client.follow(client.post(f"{stopped}/mail-works"))
    assert "Mails about tickets go to bob@example.com again." in page.words
    assert "The last mail came back" not in page.words
    assert not is_stopped(app, cast)


def test_a_single_one_is_told_too(client: Visitor, app: Flask, cast: Cast) -> None:
    add(app, cast, message_id="", status="4.4.7")
    page = client.sign_in(cast.sam).get(f"/people/{format_id(cast.bob.id)}")
    assert "The last mail came back: it could not be delivered in time" in page.words
    assert "Nothing proves that the mail was ours." in page.words
    assert "The address works" not in page.words


@pytest.mark.parametrize("name", ["ann", "bob", "carl"])
def test_no_customer_says_so_of_others(
    client: Visitor, app: Flask, cast: Cast, stopped: str, name: str
) -> None:
    client.sign_in(getattr(cast, name)).post(f"{stopped}/mail-works", status=404)
    assert is_stopped(app, cast)


def test_there_is_nobody_of_a_foreign_number(client: Visitor, cast: Cast, stopped: str) -> None:
    client.sign_in(cast.sam).post("/people/USR999999/mail-works", status=404)


def test_whose_address_it_is_says_that_it_works(
    client: Visitor, app: Flask, cast: Cast, stopped: str
) -> None:
    bob = client.sign_in(cast.bob)
    for path in ("/account/notifications", "/account/email"):
        assert bob.get(path).one("form", action=OWN)
    page = bob.follow(bob.post(OWN))
    assert "Mails about tickets go to bob@example.com again." in page.words
    assert page.all("form", action=OWN) == []
    assert not is_stopped(app, cast)


def test_the_ticket_says_why_a_mail_came_back(client: Visitor, app: Flask, cast: Cast) -> None:
    ticket = factories.file_ticket(app, cast.bob)
    factories.post_comment(app, cast.sam, ticket, "On our way.")
    with factories.writing(app):
        row = db.session.scalars(db.select(Outbox).where(Outbox.template == "reply")).one()
        row.state, row.error = OutboxState.PARKED, "came back: 5.2.2 552 <full>"
    page = client.sign_in(cast.sam).get(f"/tickets/{ticket.number}")
    line = page.one("li", class_="mail-returned")
    assert line.one("summary").text == "Mail to Bob Baker came back: the mailbox is full"
    assert "5.2.2 552 <full>" in line.text
    assert line.one("button")["value"]
    page = client.sign_in(cast.bob).get(f"/tickets/{ticket.number}")
    assert page.all("li", class_="mail-returned") == []


@pytest.mark.usefixtures("stopped")
def test_the_composer_says_that_no_mail_goes_there(client: Visitor, app: Flask, cast: Cast) -> None:
    ticket = factories.file_ticket(app, cast.bob)
    page = client.sign_in(cast.sam).get(f"/tickets/{ticket.number}")
    assert "No mail goes to Bob Baker: mails to their address come back." in page.words
