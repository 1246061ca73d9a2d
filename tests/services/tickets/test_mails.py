"""Sending a mail about a ticket again."""

import pytest
from sqlalchemy import select

from portal.errors import Forbidden, NotFound
from portal.extensions import begin_write, db
from portal.models.delivery import Outbox, OutboxState
from portal.models.tickets import EventKind, Ticket, TicketEvent
from portal.services.tickets import mails, tickets
from tests.cast import Cast


@pytest.fixture
def ticket(context: object, cast: Cast) -> Ticket:
    begin_write()
    filed = tickets.file(actor=cast.bob, subject="No hot water", message="Since Monday.")
    db.session.flush()
    return filed


def receipt(state: OutboxState = OutboxState.PARKED) -> Outbox:
    row = db.session.scalars(select(Outbox).filter_by(template="ticket_filed")).one()
    row.state, row.attempts = state, 32
    db.session.flush()
    return row


def times() -> int:
    again = select(TicketEvent.id).where(TicketEvent.kind == EventKind.MAILED_AGAIN)
    return len(db.session.scalars(again).all())


def test_a_given_up_mail_has_all_its_tries_again_and_the_history_says_so(
    ticket: Ticket, cast: Cast
) -> None:
    row = receipt()
    assert mails.send_again(actor=cast.sam, ticket=ticket, mail_id=row.id)
    db.session.refresh(row)
    assert (row.state, row.attempts, times()) == (OutboxState.PENDING, 0, 1)
    assert not mails.send_again(actor=cast.sam, ticket=ticket, mail_id=row.id)
    assert times() == 1


@pytest.mark.parametrize("state", sorted(set(OutboxState) - {OutboxState.PARKED}))
def test_other_mails_stay_as_they_are(ticket: Ticket, cast: Cast, state: OutboxState) -> None:
    row = receipt(state)
    assert not mails.send_again(actor=cast.sam, ticket=ticket, mail_id=row.id)
    db.session.refresh(row)
    assert (row.state, row.attempts, times()) == (state, 32, 0)


@pytest.mark.threat("foreign rows")
def test_only_staff_send_again_and_only_what_is_about_the_ticket(
    ticket: Ticket, cast: Cast
) -> None:
    row = receipt()
    other = tickets.file(actor=cast.carl, subject="No light", message="Since Monday.")
    with pytest.raises(Forbidden):
        mails.send_again(actor=cast.bob, ticket=ticket, mail_id=row.id)
    with pytest.raises(NotFound):
        mails.send_again(actor=cast.sam, ticket=other, mail_id=row.id)
    assert times() == 0
