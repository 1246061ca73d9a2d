import pytest
from flask.ctx import AppContext

from portal.extensions import begin_write, db
from portal.models.tickets import Ticket, TicketStatus
from portal.queries.tickets.reads import TICKETS, marks
from portal.services.tickets import comments, tickets
from portal.services.tickets.reads import mark_read
from tests.cast import Cast


@pytest.fixture
def ticket(context: AppContext, cast: Cast) -> Ticket:
    begin_write()
    filed = tickets.file(actor=cast.ann, subject="No hot water", message="Since Monday.")
    db.session.flush()
    return filed


def read_all(ticket: Ticket, cast: Cast) -> None:
    mark_read(actor=cast.sam, ticket_id=ticket.id, comment_id=2**62)


def test_a_customers_words_are_unread_until_they_are_read(ticket: Ticket, cast: Cast):
    assert marks(cast.sam, [ticket.id]).unread == {ticket.id}
    read_all(ticket, cast)
    assert marks(cast.sam, [ticket.id]).unread == frozenset()
    assert marks(cast.ada, [ticket.id]).unread == {ticket.id}
    comments.post(actor=cast.ann, ticket=ticket, message="Still none.")
    assert marks(cast.sam, [ticket.id]).unread == {ticket.id}


def test_what_colleagues_say_is_not_unread(ticket: Ticket, cast: Cast):
    read_all(ticket, cast)
    comments.post(actor=cast.ada, ticket=ticket, message="We look at it.")
    comments.post(actor=cast.ada, ticket=ticket, message="The boiler again.", internal=True)
    assert marks(cast.sam, [ticket.id]).unread == frozenset()


def test_who_never_opened_a_solved_ticket_has_missed_nothing(ticket: Ticket, cast: Cast):
    tickets.set_status(actor=cast.ada, ticket=ticket, status=TicketStatus.SOLVED)
    db.session.flush()
    assert marks(cast.sam, [ticket.id]).unread == frozenset()


def test_a_page_of_tickets_is_asked_at_once(ticket: Ticket, cast: Cast):
    others = [
        tickets.file(actor=cast.bob, subject=f"Number {at}", message="Help.")
        for at in range(TICKETS - 1)
    ]
    db.session.flush()
    read_all(others[0], cast)
    ids = [ticket.id, *(other.id for other in others)]
    assert marks(cast.sam, ids).unread == set(ids) - {others[0].id}
    assert marks(cast.sam, []).unread == frozenset()
