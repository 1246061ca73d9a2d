"""Who hears of what, and who does not."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal import clock, request_context
from portal.extensions import begin_write, db, setting
from portal.models.delivery import Outbox
from portal.models.people import Actor, User
from portal.models.tickets import Ticket
from portal.services.delivery import mail_notifications
from portal.services.delivery.outbox import Mail, schedule_mails
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
    """(template, recipient) of what was owed since the last call."""
    db.session.flush()
    rows = list(db.session.scalars(select(Outbox)))
    for row in rows:
        db.session.delete(row)
    db.session.flush()
    assert len({row.message_id for row in rows}) == len(rows)
    return {(row.template, row.recipient) for row in rows}


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


def want(actor: Actor) -> None:
    """Somebody wants the address for something that says nothing of who has it."""
    schedule_mails(Mail("change_email", actor.email, data={"asked": True}))
    row = db.session.scalars(select(Outbox).order_by(Outbox.id.desc())).first()
    assert row is not None
    mail_notifications.rewrite_for_holder(row, db.session.get_one(User, actor.id))
    db.session.flush()


def told_of_it() -> list[int]:
    query = select(Outbox.id).where(Outbox.template == "already_registered")
    return list(db.session.scalars(query))


def test_an_address_that_is_tried_again_is_told_once_an_hour(context: object, cast: Cast) -> None:
    begin_write()
    for _ in range(3):
        want(cast.carl)
    assert len(told_of_it()) == 1
    with time_machine.travel(clock.now() + timedelta(hours=1, seconds=1)):
        want(cast.carl)
    assert len(told_of_it()) == 2


def test_a_disabled_account_is_told_nothing(context: object, cast: Cast) -> None:
    begin_write()
    disable(cast.carl)
    want(cast.carl)
    assert told_of_it() == []


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
    mute(cast.bob, "ticket_filed", "already_registered")
    tickets.file(actor=cast.bob, subject="No hot water", message="Since Monday.")
    want(cast.bob)
    heard = {template for template, person in heard_since_last_time() if person == cast.bob.email}
    assert heard == {"ticket_filed", "already_registered"}


def test_a_customer_cannot_decline_what_only_staff_are_sent(ticket: Ticket, cast: Cast) -> None:
    assert mail_notifications.declinable("customer") == ("reply",)
    assert set(mail_notifications.declinable("admin")) == {"reply", "customer_reply", "assigned"}


def test_an_account_notice_says_from_where_and_goes_where_it_is_told(
    context: object, cast: Cast
) -> None:
    begin_write()
    carl = db.session.get_one(User, cast.carl.id)
    came = request_context.current.set(request_context.Origin("192.0.2.7", "Firefox/140"))
    mail_notifications.account_notice(carl, "key_made", about="Deploy (lk_abc)")
    mail_notifications.account_notice(carl, "email_changed", "old@example.com")
    request_context.current.reset(came)
    told = {row.recipient: row.data for row in db.session.scalars(select(Outbox))}
    assert told[cast.carl.email] == {
        "kind": "key_made",
        "about": "Deploy (lk_abc)",
        "from": "192.0.2.7",
        "user_agent": "Firefox/140",
    }
    assert told["old@example.com"]["kind"] == "email_changed"


def test_a_notice_of_an_unknown_kind_is_a_mistake_in_our_code(context: object, cast: Cast) -> None:
    begin_write()
    with pytest.raises(ValueError, match="moonrise"):
        mail_notifications.account_notice(db.session.get_one(User, cast.carl.id), "moonrise")
