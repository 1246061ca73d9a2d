"""Who hears of what, and who does not."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from portal import clock
from portal.extensions import begin_write, db, setting
from portal.mail import outgoing
from portal.models.delivery import Outbox, OutboxState, ReasonNotToSend
from portal.models.people import Actor, User, declinable
from portal.models.tickets import DONE, Ticket, TicketStatus
from portal.services.delivery import outbox
from portal.services.tickets import comments, tickets
from tests.cast import Cast


@pytest.fixture
def ticket(context: object, cast: Cast) -> Ticket:
    """Bob's ticket, with its filing already told."""
    begin_write()
    filed = tickets.file(actor=cast.bob, subject="No hot water", message="Since Monday.")
    heard_since_last_time()
    return filed


def heard_since_last_time() -> set[tuple[str, str]]:
    """(template, recipient) of what is to be sent since the last call."""
    db.session.flush()
    rows = list(db.session.scalars(select(Outbox)))
    for row in rows:
        db.session.delete(row)
    db.session.flush()
    assert len({row.message_id for row in rows}) == len(rows)
    sent = (row for row in rows if row.state == OutboxState.PENDING)
    return {(row.template, row.recipient) for row in sent}


def say(actor: Actor, ticket: Ticket, *, internal: bool = False) -> set[tuple[str, str]]:
    comments.post(actor=actor, ticket=ticket, message="Hello", internal=internal)
    return heard_since_last_time()


def assign(actor: Actor, ticket: Ticket, assignee: Actor | None) -> set[tuple[str, str]]:
    user = db.session.get_one(User, assignee.id) if assignee else None
    tickets.assign(actor=actor, ticket=ticket, assignee=user)
    return heard_since_last_time()


def disable(actor: Actor) -> None:
    db.session.get_one(User, actor.id).is_active = False
    db.session.flush()


@pytest.mark.usefixtures("context")
def test_a_filed_ticket_is_told_to_its_requester_and_the_staff_mailbox(cast: Cast) -> None:
    begin_write()
    tickets.file(actor=cast.bob, subject="No hot water", message="Since Monday.")
    assert heard_since_last_time() == {
        ("ticket_filed", cast.bob.email),
        ("ticket_filed_staff", setting("SUPPORT_EMAIL")),
    }


def test_an_answer_of_staff_is_told_to_the_requester(ticket: Ticket, cast: Cast) -> None:
    assert say(cast.sam, ticket) == {("reply", cast.bob.email)}


def test_an_answer_of_the_requester_is_told_to_the_mailbox_while_nobody_has_the_ticket(
    ticket: Ticket, cast: Cast
) -> None:
    assert say(cast.bob, ticket) == {("customer_reply", setting("SUPPORT_EMAIL"))}


def test_an_answer_of_the_requester_is_told_to_the_assignee(ticket: Ticket, cast: Cast) -> None:
    assign(cast.sue, ticket, cast.sam)
    assert say(cast.bob, ticket) == {("customer_reply", cast.sam.email)}


def test_an_assignee_who_is_gone_is_replaced_by_the_mailbox(ticket: Ticket, cast: Cast) -> None:
    assign(cast.sue, ticket, cast.sam)
    disable(cast.sam)
    assert say(cast.bob, ticket) == {("customer_reply", setting("SUPPORT_EMAIL"))}


def test_what_a_colleague_of_the_requester_says_is_told_to_both_sides(
    ticket: Ticket, cast: Cast
) -> None:
    assert say(cast.ann, ticket) == {
        ("reply", cast.bob.email),
        ("customer_reply", setting("SUPPORT_EMAIL")),
    }


@pytest.mark.threat("notes and secrets shown")
@pytest.mark.parametrize("assigned", [False, True])
def test_an_internal_note_is_told_to_nobody(ticket: Ticket, cast: Cast, assigned: bool) -> None:
    assign(cast.sue, ticket, cast.sam if assigned else None)
    assert say(cast.sue, ticket, internal=True) == set()


def test_staff_who_asked_themselves_are_customers_of_the_others(
    context: object, cast: Cast
) -> None:
    begin_write()
    own = tickets.file(actor=cast.sam, subject="My chair", message="It squeaks.")
    heard_since_last_time()
    assert say(cast.sam, own) == {("customer_reply", setting("SUPPORT_EMAIL"))}
    assert say(cast.sue, own) == {("reply", cast.sam.email)}
    assign(cast.sam, own, cast.sam)
    assert say(cast.sam, own) == set()


def test_an_assignment_is_told_to_the_assignee(ticket: Ticket, cast: Cast) -> None:
    assert assign(cast.sue, ticket, cast.sam) == {("assigned", cast.sam.email)}


def test_who_takes_a_ticket_hears_nothing(ticket: Ticket, cast: Cast) -> None:
    assert assign(cast.sam, ticket, cast.sam) == set()


def test_giving_a_ticket_back_is_told_to_nobody(ticket: Ticket, cast: Cast) -> None:
    assign(cast.sue, ticket, cast.sam)
    assert assign(cast.sue, ticket, None) == set()


def mute(actor: Actor, *templates: str) -> None:
    db.session.get_one(User, actor.id).muted = list(templates)
    db.session.flush()


def test_who_declined_a_kind_of_mail_is_not_sent_it(ticket: Ticket, cast: Cast) -> None:
    mute(cast.bob, "reply")
    mute(cast.sam, "assigned", "customer_reply")
    assert say(cast.sue, ticket) == set()
    assert assign(cast.sue, ticket, cast.sam) == set()
    assert say(cast.bob, ticket) == set()
    mute(cast.sam)
    assert say(cast.bob, ticket) == {("customer_reply", cast.sam.email)}


def test_receipts_cannot_be_declined(context: object, cast: Cast) -> None:
    begin_write()
    mute(cast.bob, "ticket_filed")
    tickets.file(actor=cast.bob, subject="No hot water", message="Since Monday.")
    assert ("ticket_filed", cast.bob.email) in heard_since_last_time()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"muted": ["reply"]}, ReasonNotToSend.DECLINED),
        ({"is_active": False}, ReasonNotToSend.DISABLED),
        ({"email": "imported-customer@lodge.invalid"}, ReasonNotToSend.NO_ADDRESS),
        ({"email": "анна@example.com"}, ReasonNotToSend.NO_ADDRESS),
    ],
)
def test_why_somebody_is_not_mailed_is_written_down(
    ticket: Ticket, cast: Cast, changes: dict[str, Any], reason: ReasonNotToSend
) -> None:
    bob = db.session.get_one(User, cast.bob.id)
    for name, value in changes.items():
        setattr(bob, name, value)
    comments.post(actor=cast.sam, ticket=ticket, message="Hello")
    row = db.session.scalars(select(Outbox)).one()
    assert (row.template, row.user_id, row.state) == ("reply", bob.id, OutboxState.DROPPED)
    assert row.error == reason


def test_a_customer_cannot_decline_what_only_staff_are_sent(ticket: Ticket, cast: Cast) -> None:
    assert declinable("customer") == ("reply",)
    assert set(declinable("admin")) == {"reply", "customer_reply", "assigned", "mentioned"}


def solve(
    actor: Actor, ticket: Ticket, status: TicketStatus = TicketStatus.SOLVED
) -> set[tuple[str, str]]:
    tickets.set_status(actor=actor, ticket=ticket, status=status)
    return heard_since_last_time()


@pytest.mark.parametrize("status", [TicketStatus.SOLVED, TicketStatus.CLOSED])
def test_a_solution_without_words_is_told_to_the_requester(
    ticket: Ticket, cast: Cast, status: TicketStatus
) -> None:
    assert solve(cast.sam, ticket, status) == {("ticket_solved", cast.bob.email)}


def test_a_solution_by_a_colleague_is_told_to_the_requester(ticket: Ticket, cast: Cast) -> None:
    assert solve(cast.ann, ticket) == {("ticket_solved", cast.bob.email)}


def test_who_solves_their_own_ticket_is_told_nothing(ticket: Ticket, cast: Cast) -> None:
    assert solve(cast.bob, ticket) == set()


@pytest.mark.parametrize("status", sorted(set(TicketStatus) - DONE - {TicketStatus.NEW}))
def test_other_changes_of_the_status_are_told_to_nobody(
    ticket: Ticket, cast: Cast, status: TicketStatus
) -> None:
    assert solve(cast.sam, ticket, status) == set()


def test_closing_what_is_solved_is_not_told_again(ticket: Ticket, cast: Cast) -> None:
    solve(cast.sam, ticket)
    assert solve(cast.sam, ticket, TicketStatus.CLOSED) == set()


def test_who_declined_answers_is_not_told_of_a_solution(ticket: Ticket, cast: Cast) -> None:
    mute(cast.bob, "reply")
    assert solve(cast.sam, ticket) == set()


@pytest.mark.parametrize("internal", [False, True])
def test_a_solution_with_words_is_one_mail(ticket: Ticket, cast: Cast, internal: bool) -> None:
    """The answer's says it; a note has none, so there the solution has its own."""
    comments.post(
        actor=cast.sam,
        ticket=ticket,
        message="Done.",
        internal=internal,
        status=TicketStatus.SOLVED,
    )
    row = db.session.scalars(select(Outbox)).one()
    assert row.template == ("ticket_solved" if internal else "reply")
    assert row.data == ({} if internal else {"solved": True})


def test_an_answer_that_solves_nothing_does_not_say_so(ticket: Ticket, cast: Cast) -> None:
    solve(cast.sam, ticket)
    comments.post(actor=cast.sam, ticket=ticket, message="Bye.", status=TicketStatus.CLOSED)
    assert db.session.scalars(select(Outbox.data)).one() == {}


def reason_for_the_first() -> ReasonNotToSend | None:
    first = db.session.scalars(select(Outbox.id).order_by(Outbox.id)).first()
    assert first is not None
    return outgoing.reason_not_to_send(outgoing.read(first))


def test_a_solution_that_was_taken_back_is_not_told(ticket: Ticket, cast: Cast) -> None:
    tickets.set_status(actor=cast.sam, ticket=ticket, status=TicketStatus.SOLVED)
    assert reason_for_the_first() is None
    tickets.set_status(actor=cast.sam, ticket=ticket, status=TicketStatus.OPEN)
    assert reason_for_the_first() is ReasonNotToSend.REOPENED
    with clock.at(clock.now() + timedelta(seconds=10)):
        tickets.set_status(actor=cast.sam, ticket=ticket, status=TicketStatus.SOLVED)
    assert reason_for_the_first() is ReasonNotToSend.REOPENED, "the second solution is told"


def test_there_is_a_moment_to_take_it_back(ticket: Ticket, cast: Cast) -> None:
    tickets.set_status(actor=cast.sam, ticket=ticket, status=TicketStatus.SOLVED)
    assert outbox.claim_next() is None
    with time_machine.travel(clock.now() + timedelta(minutes=1, seconds=1)):
        assert outbox.claim_next() is not None
