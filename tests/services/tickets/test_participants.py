"""Who may let whom take part in a ticket, and what becomes of it."""

from collections.abc import Sequence

import pytest
from flask.ctx import AppContext
from sqlalchemy import select

from portal.errors import Forbidden, Invalid, NotFound, TicketClosed
from portal.extensions import begin_write, db
from portal.models.delivery import Outbox
from portal.models.people import Actor, OrganizationRole, User
from portal.models.tickets import (
    ParticipantWay,
    Ticket,
    TicketEvent,
    TicketParticipant,
    TicketStatus,
)
from portal.models.webhooks import WebhookDelivery
from portal.queries.people import users
from portal.queries.tickets import participants as queries
from portal.queries.tickets.tickets import is_visible
from portal.queries.webhooks import outgoing
from portal.security.delivery import outbound
from portal.services.tickets import comments, participants, tickets
from portal.services.webhooks import webhooks
from portal.webhook_payloads import payload
from tests.cast import Cast

NEW = "dora@elsewhere.example"


@pytest.fixture
def desk(context: AppContext, cast: Cast) -> Cast:
    begin_write()
    return cast


@pytest.fixture
def ticket(desk: Cast) -> Ticket:
    found = tickets.file(actor=desk.carl, subject="No hot water", message="Since Monday.")
    db.session.flush()
    return found


def add(actor: Actor, ticket: Ticket, email: str) -> User:
    user_id = participants.add(actor=actor, ticket=ticket, email=email, way=ParticipantWay.PAGE)
    db.session.flush()
    return db.session.get_one(User, user_id)


def taking_part(ticket: Ticket) -> list[str]:
    return [one.email for one in queries.of_ticket(ticket.id)]


def history(ticket: Ticket) -> list[tuple[str, dict[str, object]]]:
    of_ticket = select(TicketEvent).where(TicketEvent.ticket_id == ticket.id)
    rows = db.session.scalars(of_ticket.order_by(TicketEvent.id))
    return [(row.kind, row.data) for row in rows if row.kind.startswith("person_")]


def mails(template: str) -> Sequence[Outbox]:
    of_kind = select(Outbox).where(Outbox.template == template).order_by(Outbox.id)
    return list(db.session.scalars(of_kind))


def test_an_address_without_an_account_gets_one_and_is_told(desk: Cast, ticket: Ticket) -> None:
    dora = add(desk.carl, ticket, NEW)
    assert (dora.email, dora.password_hash, dora.is_verified) == (NEW, None, False)
    assert taking_part(ticket) == [NEW]
    assert is_visible(dora.actor, ticket)
    added = ("person_added", {"from": None, "to": dora.id, "name": NEW})
    assert history(ticket) == [added]
    [mail] = mails("participant_added")
    assert (mail.recipient, mail.user_id, mail.error) == (NEW, dora.id, None)


def test_adding_twice_says_it_once(desk: Cast, ticket: Ticket) -> None:
    assert add(desk.carl, ticket, NEW) == add(desk.sam, ticket, NEW)
    assert len(history(ticket)) == len(mails("participant_added")) == 1


@pytest.mark.threat("rights kept or taken")
def test_staff_the_requester_and_their_managers_add_and_nobody_else(
    desk: Cast, ticket: Ticket
) -> None:
    of_bob = tickets.file(actor=desk.bob, subject="Cold", message="Very.")
    db.session.flush()
    for actor, which in ((desk.carl, ticket), (desk.sam, ticket), (desk.bob, of_bob)):
        add(actor, which, f"guest{actor.id}@elsewhere.example")
    add(desk.ann, of_bob, "guest@elsewhere.example")
    guest = db.session.get_one(User, queries.of_ticket(of_bob.id)[0].id)
    for stranger in (desk.ann, desk.bob, guest.actor):
        with pytest.raises(Forbidden):
            add(stranger, ticket, NEW)
    with pytest.raises(Forbidden):
        add(guest.actor, of_bob, NEW)
    assert users.by_email(NEW) is None


@pytest.mark.parametrize(
    ("email", "code"),
    [
        ("carl@example.com", "is_requester"),
        ("sam@example.com", "is_staff"),
        ("no-reply@elsewhere.example", "no_person"),
        ("boilers-request@elsewhere.example", "no_person"),
        ("boilers@lists.elsewhere.example", "no_person"),
        ("support@example.com", "own_address"),
        ("support+t.abc@example.com", "own_address"),
        ("dora@nowhere.invalid", "undeliverable"),
        ("bob@example.com", "is_disabled"),
    ],
)
def test_who_cannot_take_part_is_refused_with_the_reason(
    context: AppContext,
    desk: Cast,
    ticket: Ticket,
    monkeypatch: pytest.MonkeyPatch,
    email: str,
    code: str,
) -> None:
    monkeypatch.setitem(context.app.config, "SUPPORT_EMAIL", "Support <support@example.com>")
    db.session.get_one(User, desk.bob.id).is_active = False
    with pytest.raises(Invalid) as refused:
        add(desk.sam, ticket, email)
    assert refused.value.details == {"email": code}
    assert taking_part(ticket) == []


@pytest.mark.threat("telling who exists")
@pytest.mark.parametrize("email", ["sam@example.com", "bob@example.com"])
def test_customers_are_not_told_what_is_with_an_account(
    desk: Cast, ticket: Ticket, email: str
) -> None:
    db.session.get_one(User, desk.bob.id).is_active = False
    with pytest.raises(Invalid) as refused:
        add(desk.carl, ticket, email)
    assert refused.value.details == {"email": "cannot_take_part"}


def test_so_many_take_part_and_no_more(
    desk: Cast, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(participants, "MAX_PARTICIPANTS", 2)
    for name in ("one", "two"):
        add(desk.carl, ticket, f"{name}@elsewhere.example")
    with pytest.raises(Invalid) as refused:
        add(desk.carl, ticket, NEW)
    assert refused.value.details == {"email": "many_participants"}
    assert users.by_email(NEW) is None
    add(desk.carl, ticket, "one@elsewhere.example")


def test_nobody_joins_a_closed_ticket_but_everybody_may_leave_it(
    desk: Cast, ticket: Ticket
) -> None:
    add(desk.carl, ticket, desk.bob.email)
    tickets.set_status(actor=desk.carl, ticket=ticket, status=TicketStatus.CLOSED)
    with pytest.raises(TicketClosed):
        add(desk.carl, ticket, NEW)
    participants.remove(actor=desk.bob, ticket=ticket, user_id=desk.bob.id)
    assert taking_part(ticket) == []


@pytest.mark.threat("rights kept or taken")
def test_removing_ends_sight_and_what_was_made_so_far(desk: Cast, ticket: Ticket) -> None:
    bob = add(desk.carl, ticket, desk.bob.email)
    epoch = bob.rights_epoch
    participants.remove(actor=desk.carl, ticket=ticket, user_id=bob.id)
    db.session.flush()
    db.session.refresh(bob)
    assert not is_visible(bob.actor, ticket)
    assert bob.rights_epoch == epoch + 1
    gone = ("person_removed", {"from": bob.id, "to": None, "name": bob.email})
    assert history(ticket)[-1] == gone
    with pytest.raises(NotFound):
        participants.remove(actor=desk.carl, ticket=ticket, user_id=bob.id)


@pytest.mark.threat("rights kept or taken")
def test_a_participant_leaves_but_takes_nobody_else_out(desk: Cast, ticket: Ticket) -> None:
    dora = add(desk.carl, ticket, NEW)
    add(desk.carl, ticket, desk.bob.email)
    with pytest.raises(Forbidden):
        participants.remove(actor=desk.bob, ticket=ticket, user_id=dora.id)
    participants.remove(actor=desk.bob, ticket=ticket, user_id=desk.bob.id)
    assert taking_part(ticket) == [NEW]


def test_answers_go_to_all_who_take_part_but_not_to_who_wrote(desk: Cast, ticket: Ticket) -> None:
    add(desk.carl, ticket, desk.bob.email)
    dora = add(desk.carl, ticket, NEW)
    comments.post(actor=desk.sam, ticket=ticket, message="We are on it.")
    told = {desk.carl.email, desk.bob.email, NEW}
    assert {mail.recipient for mail in mails("reply")} == told
    comments.post(actor=desk.bob, ticket=ticket, message="Thank you.")
    assert [mail.recipient for mail in mails("reply")[3:]] == [desk.carl.email, NEW]
    assert len(mails("customer_reply")) == 1
    dora.muted = ["reply"]
    comments.post(actor=desk.sam, ticket=ticket, message="Done.")
    *_others, last = mails("reply")
    assert (last.recipient, last.state) == (NEW, "dropped")
    assert last.error == "the recipient has switched such mails off"
    assert len({mail.message_id for mail in mails("reply")}) == 8


@pytest.mark.threat("notes and secrets shown")
def test_notes_reach_no_participant(desk: Cast, ticket: Ticket) -> None:
    add(desk.carl, ticket, desk.bob.email)
    comments.post(actor=desk.sam, ticket=ticket, message="Between us.", internal=True)
    assert mails("reply") == []


def test_an_answer_of_a_participant_reopens_but_they_settle_nothing(
    desk: Cast, ticket: Ticket
) -> None:
    add(desk.carl, ticket, desk.bob.email)
    tickets.set_status(actor=desk.sam, ticket=ticket, status=TicketStatus.SOLVED)
    with pytest.raises(Forbidden):
        tickets.set_status(actor=desk.bob, ticket=ticket, status=TicketStatus.CLOSED)
    first = comments.post(actor=desk.bob, ticket=ticket, message="It is cold again.")
    comments.post(actor=desk.bob, ticket=ticket, message="Really.")
    assert ticket.status == TicketStatus.OPEN
    row = db.session.get_one(TicketParticipant, (desk.bob.id, ticket.id))
    assert row.first_comment_id == first.id


def test_a_viewer_reads_and_does_not_answer(desk: Cast, ticket: Ticket) -> None:
    bob = add(desk.carl, ticket, desk.bob.email)
    bob.organization_role = OrganizationRole.VIEWER
    with pytest.raises(Forbidden):
        comments.post(actor=bob.actor, ticket=ticket, message="Hello.")


def test_a_mail_brings_those_in_copy_and_passes_over_who_cannot(
    desk: Cast, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(participants, "MAX_OF_MAIL", 2)
    people = [
        ("no-reply@elsewhere.example", ""),
        (desk.carl.email, "Carl"),
        (desk.sam.email, "Sam"),
        (NEW, "Dora Dean"),
        (NEW, "Dora Dean"),
        (desk.bob.email, "Bob"),
        ("late@elsewhere.example", "Late"),
    ]
    added = participants.add_of_mail(actor=desk.carl, ticket=ticket, people=people)
    assert added == [NEW, desk.bob.email]
    dora = db.session.get_one(User, queries.of_ticket(ticket.id)[0].id)
    assert (dora.first_name, dora.last_name) == ("Dora", "Dean")
    assert {one.way for one in queries.of_ticket(ticket.id)} == {"mail"}


def test_webhooks_are_told_who_came_and_went(desk: Cast, ticket: Ticket) -> None:
    webhook, _secret = webhooks.create(
        actor=desk.ada,
        organization_id=None,
        target=outbound.parse("https://9.9.9.9/hook"),
        events=["ticket.updated"],
    )
    dora = add(desk.carl, ticket, NEW)
    participants.remove(actor=desk.carl, ticket=ticket, user_id=dora.id)
    db.session.flush()
    owed = select(WebhookDelivery.id).where(WebhookDelivery.webhook_id == webhook.id)
    told = [payload(outgoing.read(one)) for one in db.session.scalars(owed.order_by("id"))]
    assert [one["data"]["changes"] for one in told] == [
        {"person_added": {"from": None, "to": dora.number}},
        {"person_removed": {"from": dora.number, "to": None}},
    ]
    assert {one["type"] for one in told} == {"ticket.updated"}
