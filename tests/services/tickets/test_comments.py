import pytest
from flask.ctx import AppContext
from sqlalchemy import select

from portal.errors import Forbidden, Stale, TicketClosed
from portal.extensions import begin_write, db
from portal.models.delivery import Outbox
from portal.models.people import Actor, User
from portal.models.tickets import Comment, Ticket, TicketStatus
from portal.services.tickets import comments, tickets
from tests.cast import Cast


@pytest.fixture
def ticket(context: AppContext, cast: Cast) -> Ticket:
    begin_write()
    filed = tickets.file(actor=cast.ann, subject="No hot water", message="Since Monday.")
    db.session.flush()
    return filed


def mails(template: str) -> list[str]:
    return sorted(db.session.scalars(select(Outbox.recipient).where(Outbox.template == template)))


def say(actor: Actor, ticket: Ticket, message: str = "Hello", **facts: object) -> Comment:
    return comments.post(actor=actor, ticket=ticket, message=message, **facts)


def test_the_first_public_answer_of_staff_opens_the_ticket_and_stops_the_clock(
    ticket: Ticket, cast: Cast
):
    say(cast.sam, ticket)
    assert ticket.status == TicketStatus.OPEN
    assert ticket.first_response_at is not None
    assert mails("reply") == [cast.ann.email]


def test_an_internal_note_changes_no_status_and_tells_nobody(ticket: Ticket, cast: Cast):
    before = len(list(db.session.scalars(select(Outbox))))
    say(cast.sam, ticket, internal=True)
    assert ticket.status == TicketStatus.NEW
    assert ticket.first_response_at is None
    assert len(list(db.session.scalars(select(Outbox)))) == before


def test_customers_write_no_internal_notes(ticket: Ticket, cast: Cast):
    with pytest.raises(Forbidden):
        say(cast.ann, ticket, internal=True)


@pytest.mark.parametrize("status", [TicketStatus.PENDING, TicketStatus.SOLVED])
def test_a_customers_answer_opens_what_was_waiting_or_solved(
    ticket: Ticket, cast: Cast, status: TicketStatus
):
    tickets.set_status(actor=cast.sam, ticket=ticket, status=status)
    say(cast.ann, ticket)
    assert ticket.status == TicketStatus.OPEN


def test_a_customers_answer_goes_to_the_assignee(ticket: Ticket, cast: Cast):
    tickets.assign(actor=cast.sue, ticket=ticket, assignee=db.session.get_one(User, cast.sam.id))
    say(cast.ann, ticket)
    assert mails("customer_reply") == [cast.sam.email]


def test_staff_answer_and_set_the_status_in_one_breath(ticket: Ticket, cast: Cast):
    say(cast.sam, ticket, status=TicketStatus.SOLVED)
    assert ticket.status == TicketStatus.SOLVED


def test_nothing_is_added_to_a_closed_ticket(ticket: Ticket, cast: Cast):
    tickets.set_status(actor=cast.sam, ticket=ticket, status=TicketStatus.CLOSED)
    with pytest.raises(TicketClosed):
        say(cast.ann, ticket)


def test_strangers_and_fellow_users_do_not_answer(ticket: Ticket, cast: Cast):
    for person in (cast.bob, cast.carl):
        with pytest.raises(Forbidden):
            say(person, ticket)


def test_the_second_of_two_answers_is_told_of_the_first(ticket: Ticket, cast: Cast):
    seen = ticket.version
    say(cast.sam, ticket, seen_version=seen)
    with pytest.raises(Stale) as stale:
        say(cast.sue, ticket, seen_version=seen)
    assert stale.value.details == {"since": seen}


def test_a_changed_status_or_ones_own_comment_is_no_conflict(ticket: Ticket, cast: Cast):
    seen = ticket.version
    say(cast.sam, ticket, seen_version=seen)
    tickets.set_status(actor=cast.sue, ticket=ticket, status=TicketStatus.ON_HOLD)
    say(cast.sam, ticket, seen_version=seen)
    assert ticket.version > seen


def test_an_internal_note_is_no_conflict_for_a_customer(ticket: Ticket, cast: Cast):
    seen = ticket.version
    say(cast.sam, ticket, internal=True)
    say(cast.ann, ticket, seen_version=seen)
    with pytest.raises(Stale):
        say(cast.sue, ticket, seen_version=seen)


def test_staff_sign_what_they_answer_in_public(ticket: Ticket, cast: Cast):
    db.session.get_one(User, cast.sam.id).signature = "Sam\n**Lodge desk**"
    db.session.get_one(User, cast.ann.id).signature = "Ann"
    answer = say(cast.sam, ticket)
    assert answer.message == "Hello\n\nSam\n**Lodge desk**"
    assert "<strong>Lodge desk</strong>" in answer.html
    assert say(cast.sam, ticket, internal=True).message == "Hello"
    assert say(cast.ann, ticket).message == "Hello"


def test_staff_do_not_sign_what_they_ask_for_themselves(context: AppContext, cast: Cast):
    begin_write()
    db.session.get_one(User, cast.sam.id).signature = "Sam"
    own = tickets.file(actor=cast.sam, subject="My chair", message="It squeaks.")
    assert say(cast.sam, own).message == "Hello"


def test_a_message_that_fills_the_room_goes_unsigned(ticket: Ticket, cast: Cast):
    db.session.get_one(User, cast.sam.id).signature = "Sam"
    full = "x" * comments.MAX_MESSAGE
    assert say(cast.sam, ticket, full).message == full
