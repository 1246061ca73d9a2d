"""Sending a mail again that was given up."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models.delivery import Outbox, OutboxState
from portal.models.tickets import EventKind, TicketEvent
from tests import factories
from tests.cast import Cast
from tests.mailbox import Mailbox
from tests.page import Visitor

Visit = Callable[[], Visitor]


@pytest.fixture
def filed(app: Flask, cast: Cast) -> factories.Filed:
    return factories.file_ticket(app, cast.bob)


@pytest.fixture
def given_up(app: Flask, cast: Cast, filed: factories.Filed) -> int:
    """The id of the mail about Sam's answer to Bob."""
    factories.post_comment(app, cast.sam, filed, "On our way.")
    return park(app)


def park(app: Flask, template: str = "reply") -> int:
    with factories.writing(app):
        row = db.session.scalars(select(Outbox).filter_by(template=template)).one()
        row.state, row.error, row.attempts = OutboxState.PARKED, "550 unknown", 32
        return row.id


def state(app: Flask, mail_id: int) -> tuple[str, int]:
    """Its state, and how often it was sent again by hand."""
    with app.app_context():
        again = select(TicketEvent.id).where(TicketEvent.kind == EventKind.MAILED_AGAIN)
        return db.session.get_one(Outbox, mail_id).state, len(db.session.scalars(again).all())


@pytest.mark.parametrize("htmx", [False, True])
def test_a_mail_that_was_given_up_leaves_after_all(
    client: Visitor, app: Flask, cast: Cast, filed: factories.Filed, mailbox: Mailbox,
    given_up: int, htmx: bool,
) -> None:  # fmt: skip
    sam, path = client.sign_in(cast.sam), f"/tickets/{filed.number}"
    button = sam.get(path).one("button", form="send-again")
    form = sam.get(path).one("form", id="send-again")
    fields = {button["name"]: button["value"]}
    answer = sam.post(form["action"], fields, status=200 if htmx else 303, htmx=htmx)
    page = answer if htmx else sam.follow(answer)
    assert "The mail is on its way again." in page.one(id="flash").text
    assert "Mail to Bob Baker is on its way" in page.one(id="timeline").text
    assert "Sam Smith had a mail sent again" in page.one(id="timeline").text
    assert len(mailbox.sent(cast.bob.email)) == 2
    assert state(app, given_up) == (OutboxState.SENT, 1)


def test_a_second_click_changes_nothing(
    client: Visitor, app: Flask, cast: Cast, filed: factories.Filed, mailbox: Mailbox,
    given_up: int,
) -> None:  # fmt: skip
    sam = client.sign_in(cast.sam)
    for _ in range(2):
        sam.post(f"/tickets/{filed.number}/mails/send-again", {"mail": given_up})
    assert state(app, given_up) == (OutboxState.PENDING, 1)
    mailbox.send()
    sam.post(f"/tickets/{filed.number}/mails/send-again", {"mail": given_up})
    assert state(app, given_up) == (OutboxState.SENT, 1)


@pytest.mark.threat("foreign rows")
def test_a_mail_about_another_ticket_is_none(
    client: Visitor, app: Flask, cast: Cast, given_up: int
) -> None:
    other = factories.file_ticket(app, cast.carl)
    sam = client.sign_in(cast.sam)
    for text in (given_up, given_up + 1000, "", "x", "-1", "9" * 30):
        sam.post(f"/tickets/{other.number}/mails/send-again", {"mail": text}, status=404)
    assert state(app, given_up) == (OutboxState.PARKED, 0)


@pytest.mark.parametrize("person", ["bob", "ann"])
def test_customers_send_nothing_again(
    client: Visitor, app: Flask, cast: Cast, filed: factories.Filed, given_up: int, person: str
) -> None:
    path = f"/tickets/{filed.number}/mails/send-again"
    client.sign_in(getattr(cast, person)).post(path, {"mail": given_up}, status=403)
    assert state(app, given_up) == (OutboxState.PARKED, 0)
