"""Which mailbox mails about a ticket come from, and what they are answers to."""

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models.delivery import Outbox, OutboxState
from portal.models.inbound import InboundMessage, Mailbox
from portal.models.tickets import Ticket, TicketEvent
from portal.queries.inbound import correspondence
from tests import factories
from tests.cast import Cast
from tests.factories import Filed, writing
from tests.inbound.mails import mail, take_in, tickets

SALES, BILLS = "sales@example.com", "bills@example.com"


@pytest.fixture(autouse=True)
def _mailboxes(app: Flask) -> None:
    with writing(app):
        db.session.add_all([Mailbox(address=SALES), Mailbox(address=BILLS, department="Bills")])


def address_of(app: Flask, ticket_id: int) -> str | None:
    with app.app_context():
        mailbox = correspondence.mailbox_of(db.session.get_one(Ticket, ticket_id))
        return mailbox.address if mailbox else None


def test_a_ticket_of_a_department_has_the_departments_mailbox(app: Flask, cast: Cast) -> None:
    assert address_of(app, factories.file_ticket(app, cast.ann, department="Bills").id) == BILLS


def test_a_ticket_that_came_by_mail_has_the_mailbox_it_came_by(app: Flask, cast: Cast) -> None:
    take_in(app, mail(to=SALES))
    assert address_of(app, tickets(app)[-1].id) == SALES


def test_a_ticket_that_was_given_to_a_department_has_the_departments(
    app: Flask, cast: Cast
) -> None:
    take_in(app, mail(to=SALES))
    ticket_id = tickets(app)[-1].id
    with writing(app):
        db.session.get_one(Ticket, ticket_id).department = "Bills"
    assert address_of(app, ticket_id) == BILLS


def test_of_two_of_a_department_the_one_it_came_by_is_taken(app: Flask, cast: Cast) -> None:
    with writing(app):
        db.session.add(Mailbox(address="more-bills@example.com", department="Bills"))
    take_in(app, mail(to="more-bills@example.com"))
    assert address_of(app, tickets(app)[-1].id) == "more-bills@example.com"


def test_a_ticket_of_a_page_without_a_department_has_none(app: Flask, cast: Cast) -> None:
    assert address_of(app, factories.file_ticket(app, cast.ann).id) is None


def test_a_mailbox_that_is_switched_off_is_not_used(app: Flask, cast: Cast) -> None:
    ticket = factories.file_ticket(app, cast.ann, department="Bills")
    with writing(app):
        db.session.scalars(select(Mailbox).where(Mailbox.address == BILLS)).one().is_active = False
    assert address_of(app, ticket.id) is None


def newest_mail(ticket: Filed, user_id: int) -> Outbox:
    query = (
        select(Outbox)
        .join(TicketEvent, TicketEvent.id == Outbox.event_id)
        .where(TicketEvent.ticket_id == ticket.id, Outbox.user_id == user_id)
    )
    return db.session.scalars(query.order_by(Outbox.id.desc())).first()  # type: ignore[return-value]


def earlier(app: Flask, ticket: Filed, user_id: int) -> tuple[str, ...]:
    """What the newest mail to that person is an answer to."""
    with app.app_context():
        return correspondence.message_ids(ticket.id, newest_mail(ticket, user_id))


def sent(app: Flask, ticket: Filed, user_id: int) -> str:
    """The Message-ID of the newest mail to that person, which is marked as sent."""
    with writing(app):
        row = newest_mail(ticket, user_id)
        row.state = OutboxState.SENT
        return row.message_id


def by_mail(app: Flask) -> Filed:
    """A ticket that came by Ann's mail `<first@mail.example.com>`."""
    take_in(app, mail(to=SALES, headers={"Message-ID": "<first@mail.example.com>"}))
    ticket = tickets(app)[-1]
    return Filed(ticket.id, ticket.number, ticket.version)


def test_the_receipt_answers_the_mail_of_the_customer(app: Flask, cast: Cast) -> None:
    assert earlier(app, by_mail(app), cast.ann.id) == ("<first@mail.example.com>",)


def test_what_went_to_and_fro_is_in_its_order(app: Flask, cast: Cast) -> None:
    ticket = by_mail(app)
    receipt = sent(app, ticket, cast.ann.id)
    factories.post_comment(app, cast.sam, ticket, "On our way.")
    assert earlier(app, ticket, cast.ann.id) == ("<first@mail.example.com>", receipt)


def test_a_mail_that_has_not_left_is_no_part_of_it(app: Flask, cast: Cast) -> None:
    ticket = by_mail(app)
    factories.post_comment(app, cast.sam, ticket, "On our way.")
    assert earlier(app, ticket, cast.ann.id) == ("<first@mail.example.com>",)


def test_what_others_got_and_wrote_is_no_part_of_it(app: Flask, cast: Cast) -> None:
    ticket = by_mail(app)
    sent(app, ticket, cast.ann.id)
    with writing(app):
        db.session.get_one(Ticket, ticket.id).assignee_id = cast.sam.id
    factories.post_comment(app, cast.ann, ticket, "It drips faster.")
    assert earlier(app, ticket, cast.sam.id) == ()


@pytest.mark.threat("headers made of text")
@pytest.mark.parametrize("name", ["=?utf-8?q?a=0D=0AX:y?=@x", "a<b@x", "é@x", "lone", "a" * 200])
def test_a_message_id_that_could_break_a_header_is_left_out(
    app: Flask, cast: Cast, name: str
) -> None:
    ticket = by_mail(app)
    with writing(app):
        query = select(InboundMessage).where(InboundMessage.ticket_id == ticket.id)
        db.session.scalars(query).one().message_id = name
    assert earlier(app, ticket, cast.ann.id) == ()
