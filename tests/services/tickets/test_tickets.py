from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.ctx import AppContext
from sqlalchemy import func, select

from portal.errors import Forbidden, Invalid, TicketClosed
from portal.extensions import UnlockedWrite, begin_write, db
from portal.models.delivery import Outbox
from portal.models.people import Actor, User
from portal.models.tickets import (
    Channel,
    Comment,
    EventKind,
    Priority,
    Ticket,
    TicketCount,
    TicketEvent,
    TicketStatus,
    TicketTag,
)
from portal.services.people import users
from portal.services.tickets import tickets
from tests import factories
from tests.cast import Cast
from tests.waiting import PATIENCE


def file(actor: Actor, subject: str = "No hot water") -> Ticket:
    begin_write()
    ticket = tickets.file(actor=actor, subject=subject, message="Since **Monday**.")
    db.session.flush()
    return ticket


def history(ticket: Ticket) -> list[tuple[str, dict[str, object]]]:
    rows = db.session.scalars(
        select(TicketEvent).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.id)
    )
    return [(row.kind, row.data) for row in rows]


def counted(**cell: object) -> int:
    query = select(func.coalesce(func.sum(TicketCount.tickets), 0)).filter_by(**cell)
    return int(db.session.scalar(query) or 0)


def recipients(template: str) -> list[str]:
    return sorted(db.session.scalars(select(Outbox.recipient).where(Outbox.template == template)))


def staff(actor: Actor) -> User:
    return db.session.get_one(User, actor.id)


def test_a_filed_ticket_has_its_message_its_event_and_its_count(context: AppContext, cast: Cast):
    ticket = file(cast.ann)
    comment = db.session.scalars(select(Comment).where(Comment.ticket_id == ticket.id)).one()
    assert (ticket.status, ticket.priority, ticket.version) == ("new", Priority.MEDIUM, 1)
    assert ticket.channel == Channel.PAGE
    assert ticket.organization_id == cast.ann.organization_id
    assert "<strong>Monday</strong>" in comment.html
    assert comment.message == "Since **Monday**."
    assert history(ticket) == [(EventKind.FILED, {})]
    assert counted(status="new", priority=2, assignee_id=0) == 1


def test_filing_owes_a_receipt_and_tells_the_desk(context: AppContext, cast: Cast):
    file(cast.ann)
    assert recipients("ticket_filed") == [cast.ann.email]
    assert len(recipients("ticket_filed_staff")) == 1


def test_who_only_reads_along_cannot_file(context: AppContext, cast: Cast):
    from dataclasses import replace

    begin_write()
    with pytest.raises(Forbidden):
        tickets.file(
            actor=replace(cast.bob, organization_role="viewer"), subject="Hello", message="there"
        )


@pytest.mark.parametrize(
    ("subject", "message", "field", "code"),
    [
        ("", "text", "subject", "required"),
        ("x" * 251, "text", "subject", "too_long"),
        ("Hello", "", "message", "required"),
        ("Hello", "x" * 65_537, "message", "too_long"),
    ],
)
def test_a_ticket_needs_a_subject_and_a_message_of_sane_size(
    context: AppContext, cast: Cast, subject: str, message: str, field: str, code: str
):
    begin_write()
    with pytest.raises(Invalid) as problem:
        tickets.file(actor=cast.ann, subject=subject, message=message)
    assert problem.value.details == {field: code}


def test_a_change_outside_a_write_unit_is_refused(context: AppContext, cast: Cast):
    with pytest.raises(UnlockedWrite):
        tickets.file(actor=cast.ann, subject="Hello", message="there")


def test_a_status_change_counts_records_and_raises_the_version(context: AppContext, cast: Cast):
    ticket = file(cast.ann)
    assert tickets.set_status(actor=cast.sam, ticket=ticket, status=TicketStatus.PENDING)
    assert ticket.version == 2
    assert history(ticket)[-1] == (EventKind.STATUS, {"from": "new", "to": "pending"})
    assert counted(status="new") == 0
    assert counted(status="pending") == 1


def test_setting_what_is_set_already_changes_nothing(context: AppContext, cast: Cast):
    ticket = file(cast.ann)
    assert not tickets.set_status(actor=cast.sam, ticket=ticket, status=TicketStatus.NEW)
    assert not tickets.set_priority(actor=cast.sam, ticket=ticket, priority=Priority.MEDIUM)
    assert not tickets.assign(actor=cast.sam, ticket=ticket, assignee=None)
    assert not tickets.set_tags(actor=cast.sam, ticket=ticket, names=[])
    assert ticket.version == 1
    assert len(history(ticket)) == 1


def test_solving_is_remembered_until_the_ticket_is_open_again(context: AppContext, cast: Cast):
    ticket = file(cast.ann)
    tickets.set_status(actor=cast.ann, ticket=ticket, status=TicketStatus.SOLVED)
    assert ticket.solved_at is not None
    tickets.set_status(actor=cast.ann, ticket=ticket, status=TicketStatus.OPEN)
    assert ticket.solved_at is None


def test_closed_is_final_for_everybody(context: AppContext, cast: Cast):
    ticket = file(cast.ann)
    tickets.set_status(actor=cast.sam, ticket=ticket, status=TicketStatus.CLOSED)
    for attempt in (
        lambda: tickets.set_status(actor=cast.ada, ticket=ticket, status=TicketStatus.OPEN),
        lambda: tickets.set_priority(actor=cast.ada, ticket=ticket, priority=Priority.HIGH),
        lambda: tickets.assign(actor=cast.ada, ticket=ticket, assignee=staff(cast.sam)),
        lambda: tickets.set_tags(actor=cast.ada, ticket=ticket, names=["late"]),
    ):
        with pytest.raises(TicketClosed):
            attempt()


@pytest.mark.parametrize("status", ["new", "pending", "on_hold"])
def test_customers_close_and_reopen_but_do_not_triage(context: AppContext, cast: Cast, status: str):
    ticket = file(cast.ann)
    tickets.set_status(actor=cast.sam, ticket=ticket, status=TicketStatus.OPEN)
    with pytest.raises(Forbidden):
        tickets.set_status(actor=cast.ann, ticket=ticket, status=TicketStatus(status))
    with pytest.raises(Forbidden):
        tickets.set_priority(actor=cast.ann, ticket=ticket, priority=Priority.URGENT)
    with pytest.raises(Forbidden):
        tickets.assign(actor=cast.ann, ticket=ticket, assignee=None)
    with pytest.raises(Forbidden):
        tickets.set_tags(actor=cast.ann, ticket=ticket, names=["mine"])


def test_an_assignment_moves_the_count_and_tells_the_assignee(context: AppContext, cast: Cast):
    ticket = file(cast.ann)
    assert tickets.assign(actor=cast.sam, ticket=ticket, assignee=staff(cast.sue))
    assert counted(assignee_id=cast.sue.id) == 1
    assert counted(assignee_id=0) == 0
    assert recipients("assigned") == [cast.sue.email]
    assert history(ticket)[-1][1]["name"] == "Sue Stone"


def test_taking_a_ticket_oneself_sends_no_mail(context: AppContext, cast: Cast):
    ticket = file(cast.ann)
    tickets.assign(actor=cast.sam, ticket=ticket, assignee=staff(cast.sam))
    assert recipients("assigned") == []


def test_tickets_are_not_given_to_customers_or_the_disabled(context: AppContext, cast: Cast):
    ticket = file(cast.ann)
    users.set_active(actor=cast.ada, user=staff(cast.sue), active=False)
    for person in (cast.bob, cast.sue):
        with pytest.raises(Invalid):
            tickets.assign(actor=cast.sam, ticket=ticket, assignee=staff(person))


def test_two_people_may_make_the_same_tag_at_once(app: Flask, cast: Cast):
    one, two = (factories.file_ticket(app, cast.ann) for _ in range(2))

    def tag(filed: factories.Filed) -> None:
        begin_write()
        ticket = db.session.get_one(Ticket, filed.id)
        assert tickets.set_tags(actor=cast.sam, ticket=ticket, names=["flood"])

    def tag_meanwhile() -> None:
        with app.app_context():
            tag(two)
            db.session.commit()

    with ThreadPoolExecutor(1) as pool, app.app_context():
        tag(one)
        other = pool.submit(tag_meanwhile)
        with pytest.raises(TimeoutError):
            other.result(0.2)  # it waits for whoever came first
        db.session.commit()
        other.result(PATIENCE)
        assert db.session.scalar(select(func.count()).select_from(TicketTag)) == 2


def test_tags_are_lower_case_each_once_and_recorded(context: AppContext, cast: Cast):
    ticket = file(cast.ann)
    assert tickets.set_tags(actor=cast.sam, ticket=ticket, names=["VPN, Printer", "vpn"])
    assert tickets.set_tags(actor=cast.sam, ticket=ticket, names=["printer"])
    assert history(ticket)[-1][1] == {"from": ["printer", "vpn"], "to": ["printer"]}


@pytest.mark.parametrize(
    ("names", "code"), [([str(n) for n in range(21)], "too_many"), (["x" * 67], "too_long")]
)
def test_tags_have_limits(context: AppContext, cast: Cast, names: list[str], code: str):
    ticket = file(cast.ann)
    with pytest.raises(Invalid) as problem:
        tickets.set_tags(actor=cast.sam, ticket=ticket, names=names)
    assert problem.value.details == {"tags": code}
