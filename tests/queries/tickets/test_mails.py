"""The mails about the entries of a ticket."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from portal.extensions import begin_write, db
from portal.models.delivery import MailServer, Outbox, OutboxState
from portal.models.people import User
from portal.models.tickets import Comment, Ticket, TicketEvent
from portal.queries.tickets import mails
from portal.queries.tickets.mails import MailRow
from portal.services.tickets import comments, tickets
from tests.cast import Cast

NOON = datetime(2036, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def ticket(context: object, cast: Cast) -> Ticket:
    """Bob's, answered twice and given to Sue; beside it Carl's, which is as old."""
    begin_write()
    filed = tickets.file(actor=cast.bob, subject="No hot water", message="Since Monday.")
    other = tickets.file(actor=cast.carl, subject="No light", message="Since Monday.")
    for one in (filed, other):
        comments.post(actor=cast.sam, ticket=one, message="On our way.")
        sue = db.session.get_one(User, cast.sue.id)
        tickets.assign(actor=cast.sam, ticket=one, assignee=sue)
    comments.post(actor=cast.sam, ticket=filed, message="Done.")
    db.session.flush()
    return filed


def of(ticket: Ticket, *, comments_from: int = 0, changes: bool = True) -> list[MailRow]:
    """Of its comments but for the first ones, and of its other events."""
    said = select(Comment.id).where(Comment.ticket_id == ticket.id).order_by(Comment.id)
    done = select(TicketEvent.id).where(
        TicketEvent.ticket_id == ticket.id, TicketEvent.comment_id.is_(None)
    )
    ids = list(db.session.scalars(said))[comments_from:]
    return mails.of_page(ticket.id, ids, list(db.session.scalars(done)) if changes else [])


def people(rows: list[MailRow]) -> list[str | None]:
    return [row.email for row in rows]


def test_each_entry_is_told_with_whom_its_mails_are_for(ticket: Ticket, cast: Cast) -> None:
    bob, sue = cast.bob.email, cast.sue.email
    assert people(of(ticket)) == [bob, None, bob, sue, bob]
    assert people(of(ticket, changes=False)) == [bob, None, bob, bob]
    assert people(of(ticket, comments_from=2)) == [sue, bob]
    assert people(of(ticket, comments_from=3)) == [sue]
    assert mails.of_page(ticket.id, [], []) == []


def test_a_mail_that_waits_knows_when_the_server_is_tried(ticket: Ticket) -> None:
    assert {row.retry_at for row in of(ticket)} == {None}
    db.session.add(MailServer(id=1, failing=[], retry_at=NOON))
    first = of(ticket)[0].id
    sent = {"state": OutboxState.SENT, "sent_at": NOON}
    db.session.execute(update(Outbox).where(Outbox.id == first).values(**sent))
    rows = of(ticket)
    assert (rows[0].sent_at, rows[0].retry_at) == (NOON, None)
    assert {row.retry_at for row in rows[1:]} == {NOON}


@pytest.mark.threat("foreign rows")
def test_a_mail_is_found_at_its_own_ticket_alone(ticket: Ticket) -> None:
    rows = of(ticket)
    found = mails.find(ticket.id, rows[0].id)
    assert found is not None and found.id == rows[0].id
    assert mails.find(ticket.id + 1, rows[0].id) is None
    assert mails.find(ticket.id, 0) is None
