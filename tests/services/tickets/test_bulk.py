from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import current_app
from flask.ctx import AppContext
from sqlalchemy import func, inspect, select

from portal import clock
from portal.errors import Forbidden, Invalid, NotFound, TooLateToUndo
from portal.extensions import begin_write, db
from portal.models.delivery import Outbox
from portal.models.people import AccountEvent, Right, User
from portal.models.tickets import (
    BulkAction,
    BulkChange,
    BulkChangeTicket,
    BulkReason,
    BulkState,
    FirstType,
    Priority,
    SavedReply,
    ScheduledComment,
    Ticket,
    TicketCount,
    TicketStatus,
)
from portal.queries.tickets import bulk_changes as queries
from portal.services.tickets import (
    bulk,
    bulk_batches,
    comments,
    departments,
    saved_replies,
    tags,
    tickets,
)
from portal.services.tickets.bulk import Chosen
from tests.cast import Cast


def file_many(cast: Cast, number: int) -> list[Ticket]:
    made = [
        tickets.file(actor=cast.ann, subject=f"Matter {one}", message="Text")
        for one in range(number)
    ]
    db.session.flush()
    return made


@pytest.fixture
def chosen(context: AppContext, cast: Cast) -> list[Ticket]:
    begin_write()
    made = file_many(cast, 3)
    tickets.set_status(actor=cast.sam, ticket=made[2], status=TicketStatus.CLOSED)
    db.session.flush()
    return made


def listed(chosen: list[Ticket]) -> list[Chosen]:
    return [Chosen(ticket.id, ticket.version, ticket.updated_at) for ticket in chosen]


def reasons(change: BulkChange, *, undo: bool = False) -> dict[str, list[str]]:
    found = queries.left_alone(change, undo=undo)
    return {str(group.reason): group.numbers for group in found}


def macro(cast: Cast, **values: Any) -> SavedReply:
    usual = {"name": "Hello", "message": "", "internal": False, "shared": True, "changes": {}}
    return saved_replies.create(actor=cast.sam, **usual | values)


def test_every_ticket_that_is_not_closed_changes_and_goes_back(chosen: list[Ticket], cast: Cast):
    sue = db.session.get_one(User, cast.sue.id)
    for action, value, now, before in (
        (BulkAction.ASSIGN, sue, lambda t: t.assignee_id, None),
        (BulkAction.STATUS, TicketStatus.PENDING, lambda t: t.status, "new"),
        (BulkAction.PRIORITY, Priority.URGENT, lambda t: t.priority, 2),
        (BulkAction.TAG, "vpn", tags.names_of, []),
    ):
        done = bulk.apply(actor=cast.sam, chosen=chosen, action=action, value=value)
        assert (done.changed, done.left, done.state) == (2, 1, BulkState.DONE)
        assert reasons(done) == {"closed": [chosen[2].number]}
        assert now(chosen[0]) != before
        assert bulk.undo(actor=cast.sam, token=done.token).undone == 2
        assert now(chosen[0]) == before
        version = chosen[0].version
        bulk.undo(actor=cast.sam, token=done.token)
        assert chosen[0].version == version


def row_of(ticket: Ticket) -> dict[str, Any]:
    """All columns but the two that count the changes."""
    names = inspect(Ticket).columns.keys()
    return {name: getattr(ticket, name) for name in names if "version" not in name}


def everything(cast: Cast) -> SavedReply:
    changes = {"status": "closed", "priority": "urgent", "type": "incident", "tags": ["heating"]}
    return macro(cast, changes=changes | {"assignee": "me"}, message="Note", internal=True)


VALUES: dict[BulkAction, Callable[[Cast], Any]] = {
    BulkAction.ASSIGN: lambda cast: db.session.get_one(User, cast.sue.id),
    BulkAction.STATUS: lambda _cast: TicketStatus.OPEN,
    BulkAction.PRIORITY: lambda _cast: Priority.URGENT,
    BulkAction.TAG: lambda _cast: "heating",
    BulkAction.TRASH: lambda _cast: None,
    BulkAction.MACRO: everything,
    BulkAction.TYPE: lambda _cast: FirstType.INCIDENT,
    BulkAction.DEPARTMENT: lambda cast: departments.create(actor=cast.ada, name="Billing").name,
    BulkAction.TAGS: lambda _cast: ["heating"],
}


@pytest.mark.parametrize("action", BulkAction)
@pytest.mark.parametrize("noted", [False, True], ids=["", "noted"])
def test_undo_gives_back_everything_that_was(
    context: AppContext, cast: Cast, action: BulkAction, noted: bool
):
    """Times too, by which lists are sorted, and counts, whatever state the tickets were in."""
    begin_write()
    start = clock.now() - timedelta(days=2)
    made = []
    for number, status in enumerate(status for status in TicketStatus if status != "closed"):
        with clock.at(start + timedelta(hours=number)):
            ticket = tickets.file(actor=cast.ann, subject="Matter", message="Text")
            tickets.set_status(actor=cast.sam, ticket=ticket, status=status)
        if noted:
            with clock.at(start + timedelta(hours=number + 1)):
                tickets.set_tags(actor=cast.sam, ticket=ticket, names=["vpn"])
        made.append(ticket)
    db.session.flush()
    before, counted = [row_of(ticket) for ticket in made], counts()
    tagged = [tags.names_of(ticket) for ticket in made]
    done = bulk.apply(actor=cast.sam, chosen=made, action=action, value=VALUES[action](cast))
    db.session.flush()
    assert [row_of(ticket) for ticket in made] != before
    bulk.undo(actor=cast.sam, token=done.token)
    db.session.flush()
    db.session.expire_all()
    assert [row_of(ticket) for ticket in made] == before
    assert ([tags.names_of(ticket) for ticket in made], counts()) == (tagged, counted)


def counts() -> dict[Any, Any]:
    rows = db.session.execute(
        select(
            TicketCount.status,
            TicketCount.priority,
            TicketCount.assignee_id,
            TicketCount.tickets,
            TicketCount.waiting,
        )
    )
    return {tuple(key): (number, waits) for *key, number, waits in rows if number or waits}


def test_a_slip_that_closed_tickets_can_be_undone(chosen: list[Ticket], cast: Cast):
    done = bulk.apply(
        actor=cast.sam, chosen=chosen[:2], action=BulkAction.STATUS, value=TicketStatus.CLOSED
    )
    assert chosen[0].is_closed
    bulk.undo(actor=cast.sam, token=done.token)
    assert [ticket.status for ticket in chosen] == ["new", "new", "closed"]


def test_to_undo_that_it_was_opened_again_asks_nobody_how_it_went(chosen: list[Ticket], cast: Cast):
    tickets.set_status(actor=cast.sam, ticket=chosen[0], status=TicketStatus.SOLVED)
    asked = select(func.count()).where(Outbox.template == "ticket_solved")
    before = db.session.scalar(asked)
    done = bulk.apply(
        actor=cast.sam, chosen=chosen[:1], action=BulkAction.STATUS, value=TicketStatus.OPEN
    )
    bulk.undo(actor=cast.sam, token=done.token)
    assert chosen[0].status == TicketStatus.SOLVED
    assert db.session.scalar(asked) == before


def test_what_somebody_changed_since_is_left_alone_and_named(chosen: list[Ticket], cast: Cast):
    done = bulk.apply(
        actor=cast.sam, chosen=chosen[:2], action=BulkAction.PRIORITY, value=Priority.HIGH
    )
    tickets.set_priority(actor=cast.sue, ticket=chosen[0], priority=Priority.LOW)
    undone = bulk.undo(actor=cast.sam, token=done.token)
    assert (undone.undone, undone.kept, undone.state) == (1, 1, BulkState.UNDONE)
    assert reasons(undone, undo=True) == {"changed": [chosen[0].number]}
    assert (chosen[0].priority, chosen[1].priority) == (Priority.LOW, Priority.MEDIUM)


def test_what_is_in_the_trash_meanwhile_stays_there_and_the_rest_goes_back(
    chosen: list[Ticket], cast: Cast
):
    done = bulk.apply(
        actor=cast.sam, chosen=chosen[:2], action=BulkAction.PRIORITY, value=Priority.HIGH
    )
    tickets.delete(actor=cast.sue, ticket=chosen[0])
    db.session.flush()
    undone = bulk.undo(actor=cast.sam, token=done.token)
    assert (undone.undone, reasons(undone, undo=True)) == (1, {"trashed": [chosen[0].number]})
    assert (chosen[0].priority, chosen[1].priority) == (Priority.HIGH, Priority.MEDIUM)


def test_what_was_somebodys_who_left_is_named_at_the_undo(chosen: list[Ticket], cast: Cast):
    sue = db.session.get_one(User, cast.sue.id)
    tickets.assign(actor=cast.sam, ticket=chosen[0], assignee=sue)
    done = bulk.apply(actor=cast.sam, chosen=chosen[:2], action=BulkAction.STATUS, value="pending")
    assigned = bulk.apply(
        actor=cast.sam,
        chosen=chosen[:2],
        action=BulkAction.ASSIGN,
        value=db.session.get_one(User, cast.sam.id),
    )
    sue.is_active = False
    undone = bulk.undo(actor=cast.sam, token=assigned.token)
    assert (undone.undone, reasons(undone, undo=True)) == (1, {"outdated": [chosen[0].number]})
    assert (chosen[0].assignee_id, chosen[1].assignee_id) == (cast.sam.id, None)
    assert done.changed == 2


def test_what_is_closed_goes_to_the_trash_and_back_all_the_same(chosen: list[Ticket], cast: Cast):
    done = bulk.apply(actor=cast.sam, chosen=chosen, action=BulkAction.TRASH)
    assert (done.changed, done.left) == (3, 0)
    assert all(ticket.deleted_at for ticket in chosen)
    db.session.flush()
    assert bulk.undo(actor=cast.sam, token=done.token).undone == 3
    assert not any(ticket.deleted_at for ticket in chosen)


def test_an_undo_belongs_to_who_did_it_and_only_for_a_while(chosen: list[Ticket], cast: Cast):
    done = bulk.apply(
        actor=cast.sam, chosen=chosen[:1], action=BulkAction.PRIORITY, value=Priority.HIGH
    )
    with pytest.raises(NotFound):
        bulk.undo(actor=cast.sue, token=done.token)
    with pytest.raises(Forbidden):
        bulk.undo(actor=cast.ann, token=done.token)
    row = db.session.query(BulkChange).one()
    assert row.ended_at
    row.ended_at -= queries.UNDO_FOR
    db.session.flush()
    with pytest.raises(TooLateToUndo):
        bulk.undo(actor=cast.sam, token=done.token)


def test_customers_do_nothing_in_bulk(chosen: list[Ticket], cast: Cast):
    with pytest.raises(Forbidden):
        bulk.apply(
            actor=cast.ann, chosen=chosen, action=BulkAction.STATUS, value=TicketStatus.SOLVED
        )


def test_a_bulk_action_has_a_size(chosen: list[Ticket], cast: Cast):
    with pytest.raises(Invalid):
        bulk.apply(
            actor=cast.sam, chosen=chosen * 40, action=BulkAction.PRIORITY, value=Priority.LOW
        )
    with pytest.raises(Invalid):
        bulk.start(
            actor=cast.sam,
            listed=listed(chosen) * 4000,
            action=BulkAction.PRIORITY,
            value=Priority.LOW,
        )


def test_what_changed_since_it_was_listed_is_left_alone(chosen: list[Ticket], cast: Cast):
    chosen_then = listed(chosen[:2])
    seen_at = clock.now()
    tickets.set_priority(actor=cast.sue, ticket=chosen[0], priority=Priority.LOW)
    done = bulk.start(actor=cast.sam, listed=chosen_then, action=BulkAction.STATUS, value="pending")
    assert (done.changed, reasons(done)) == (1, {"changed": [chosen[0].number]})
    # The same where the list is made after what the person saw.
    tickets.set_priority(actor=cast.sue, ticket=chosen[1], priority=Priority.LOW)
    done = bulk.start(
        actor=cast.sam,
        listed=listed(chosen[:2]),
        action=BulkAction.STATUS,
        value="open",
        seen_at=seen_at,
    )
    assert (done.changed, done.left) == (0, 2)


def test_the_same_token_again_is_the_same_change(chosen: list[Ticket], cast: Cast):
    first, second = (
        bulk.start(
            actor=cast.sam,
            listed=listed(chosen[:2]),
            action=BulkAction.TAG,
            value="vpn",
            token="once",
        )
        for _ in range(2)
    )
    assert first is second
    assert chosen[0].version == 2


def test_a_ticket_with_too_many_tags_is_named_and_stops_none(chosen: list[Ticket], cast: Cast):
    names = [f"tag{number}" for number in range(tags.MAX_TAGS)]
    tickets.set_tags(actor=cast.sam, ticket=chosen[0], names=names)
    done = bulk.apply(actor=cast.sam, chosen=chosen[:2], action=BulkAction.TAG, value="vpn")
    assert (done.changed, reasons(done)) == (1, {"refused": [chosen[0].number]})


def test_an_assignee_who_left_gets_nothing(chosen: list[Ticket], cast: Cast):
    sue = db.session.get_one(User, cast.sue.id)
    sue.is_active = False
    with pytest.raises(Invalid):
        bulk.apply(actor=cast.sam, chosen=chosen, action=BulkAction.ASSIGN, value=sue)


def test_a_bulk_change_is_one_line_of_the_log_and_so_is_its_undo(chosen: list[Ticket], cast: Cast):
    done = bulk.apply(actor=cast.sam, chosen=chosen, action=BulkAction.TAG, value="vpn")
    bulk.undo(actor=cast.sam, token=done.token)
    rows = db.session.execute(
        select(AccountEvent.kind, AccountEvent.actor_id, AccountEvent.data).order_by(
            AccountEvent.id
        )
    ).all()
    expected = {"action": "tag", "tickets": 2}
    assert [tuple(row) for row in rows[-2:]] == [
        ("bulk_changed", cast.sam.id, expected),
        ("bulk_undone", cast.sam.id, expected),
    ]


@pytest.fixture
def undo_send(context: AppContext, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers wait for as long as a slip can be undone."""
    monkeypatch.setitem(current_app.config, "UNDO_SEND", timedelta(seconds=15))


@pytest.mark.usefixtures("undo_send")
def test_a_macro_answers_every_customer_once_and_the_undo_takes_its_answers_back(
    chosen: list[Ticket], cast: Cast
):
    one = macro(cast, message="Hello {{requester.first_name}}", changes={"status": "solved"})
    done = bulk.apply(actor=cast.sam, chosen=chosen, action=BulkAction.MACRO, value=one)
    assert (done.changed, reasons(done)) == (2, {"closed": [chosen[2].number]})
    assert db.session.scalars(select(ScheduledComment.message)).all() == ["Hello Ann"] * 2
    undone = bulk.undo(actor=cast.sam, token=done.token)
    assert undone.undone == 2
    assert db.session.scalar(select(func.count()).select_from(ScheduledComment)) == 0
    assert [ticket.status for ticket in chosen] == ["new", "new", "closed"]


@pytest.mark.usefixtures("undo_send")
def test_an_answer_that_has_left_keeps_its_ticket_as_it_is(chosen: list[Ticket], cast: Cast):
    one = macro(cast, message="Hello", changes={"status": "solved"})
    done = bulk.apply(actor=cast.sam, chosen=chosen[:2], action=BulkAction.MACRO, value=one)
    first = db.session.scalars(select(ScheduledComment).order_by(ScheduledComment.id)).first()
    assert first
    db.session.delete(first)
    comments.post(
        actor=cast.sam,
        ticket=chosen[0],
        message="Hello",
        status=TicketStatus.SOLVED,
        internal=False,
    )
    db.session.flush()
    undone = bulk.undo(actor=cast.sam, token=done.token)
    assert (undone.undone, reasons(undone, undo=True)) == (1, {"answered": [chosen[0].number]})
    assert [ticket.status for ticket in chosen[:2]] == ["solved", "new"]


@pytest.mark.usefixtures("undo_send")
def test_who_is_answered_by_a_colleague_already_gets_no_second_answer(
    chosen: list[Ticket], cast: Cast
):
    one = macro(cast, message="Hello")
    bulk.apply(actor=cast.sue, chosen=chosen[:1], action=BulkAction.MACRO, value=one)
    done = bulk.apply(actor=cast.sam, chosen=chosen[:2], action=BulkAction.MACRO, value=one)
    assert (done.changed, reasons(done)) == (1, {"changed": [chosen[0].number]})


def test_an_answer_that_left_at_once_is_not_undone(chosen: list[Ticket], cast: Cast):
    one = macro(cast, message="Hello", changes={"priority": "high"})
    done = bulk.apply(actor=cast.sam, chosen=chosen[:1], action=BulkAction.MACRO, value=one)
    undone = bulk.undo(actor=cast.sam, token=done.token)
    assert reasons(undone, undo=True) == {"answered": [chosen[0].number]}


@pytest.mark.parametrize("gone", ["deleted", "changed"])
def test_a_macro_that_is_another_by_now_does_nothing(chosen: list[Ticket], cast: Cast, gone: str):
    one = macro(cast, changes={"status": "pending"})
    change = running(cast, chosen[:2], BulkAction.MACRO, one)
    if gone == "deleted":
        saved_replies.delete_reply(actor=cast.sam, reply=one)
    else:
        one.changes = {"status": "solved"}
    db.session.flush()
    assert bulk_batches.work(change, 10) is False
    assert (change.left, list(reasons(change))) == (2, ["outdated"])
    assert chosen[0].status == "new"


def test_a_macro_for_somebody_who_left_does_nothing_by_halves(chosen: list[Ticket], cast: Cast):
    one = macro(cast, changes={"priority": "urgent", "assignee": str(cast.sue.id)})
    change = running(cast, chosen[:2], BulkAction.MACRO, one)
    db.session.get_one(User, cast.sue.id).is_active = False
    bulk_batches.work(change, 10)
    assert (change.left, list(reasons(change))) == (2, ["outdated"])
    assert chosen[0].priority == Priority.MEDIUM
    assert counts()["new", 2, 0] == (2, 2)


def running(cast: Cast, chosen: list[Ticket], action: BulkAction, value: Any) -> BulkChange:
    """A change on which nobody has worked."""
    return bulk.start(actor=cast.sam, listed=listed(chosen), action=action, value=value, now=False)


def test_a_job_goes_on_where_it_was(chosen: list[Ticket], cast: Cast):
    change = running(cast, chosen, BulkAction.STATUS, TicketStatus.PENDING)
    assert bulk_batches.work(change, 1) is True
    assert [ticket.status for ticket in chosen] == ["pending", "new", "closed"]
    assert bulk_batches.work(change, 1) is True
    assert bulk_batches.work(change, 1) is False
    assert (change.state, change.changed, change.left) == (BulkState.DONE, 2, 1)
    assert bulk_batches.work_on(change.id) is False


def test_what_is_cancelled_stops_and_what_was_changed_goes_back(chosen: list[Ticket], cast: Cast):
    change = running(cast, chosen, BulkAction.STATUS, TicketStatus.PENDING)
    bulk_batches.work(change, 1)
    bulk.cancel(actor=cast.sam, change_id=change.id)
    assert bulk_batches.work_on(change.id) is False
    assert [ticket.status for ticket in chosen] == ["pending", "new", "closed"]
    assert bulk.undo(actor=cast.sam, token=change.token).undone == 1
    assert [ticket.status for ticket in chosen] == ["new", "new", "closed"]
    with pytest.raises(NotFound):
        bulk.cancel(actor=cast.sue, change_id=change.id)


@pytest.mark.parametrize("how", ["disabled", "demoted"])
def test_whoever_is_no_staff_any_more_changes_nothing_more(
    chosen: list[Ticket], cast: Cast, how: str
):
    change = running(cast, chosen, BulkAction.STATUS, TicketStatus.PENDING)
    bulk_batches.work(change, 1)
    sam = db.session.get_one(User, cast.sam.id)
    if how == "disabled":
        sam.is_active = False
    else:
        sam.role = "customer"
    db.session.flush()
    assert bulk_batches.work(change, 10) is False
    assert (change.state, chosen[1].status) == (BulkState.STOPPED, "new")


def test_a_ticket_that_raises_stops_none_and_is_named(
    chosen: list[Ticket], cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    whole = tickets.set_status

    def spoiled(*, ticket: Ticket, **rest: Any) -> bool:
        tickets.set_priority(actor=cast.sam, ticket=ticket, priority=Priority.URGENT)
        if ticket.id == chosen[0].id:
            raise ZeroDivisionError
        return whole(ticket=ticket, **rest)

    monkeypatch.setattr(tickets, "set_status", spoiled)
    done = bulk.apply(actor=cast.sam, chosen=chosen[:2], action=BulkAction.STATUS, value="pending")
    assert (done.changed, reasons(done)) == (1, {"failed": [chosen[0].number]})
    assert (chosen[0].priority, chosen[1].status) == (Priority.MEDIUM, "pending")
    assert counts()["new", 2, 0] == (1, 1)


def test_old_changes_go_by_and_by(chosen: list[Ticket], cast: Cast):
    with clock.at(clock.now() - bulk.KEPT):
        bulk.apply(actor=cast.sam, chosen=chosen, action=BulkAction.TAG, value="old")
    kept = bulk.apply(actor=cast.sam, chosen=chosen, action=BulkAction.TAG, value="new")
    assert bulk.delete_old(2) is True
    assert bulk.delete_old(2) is False
    assert db.session.scalars(select(BulkChange.id)).all() == [kept.id]
    rows = select(func.count()).select_from(BulkChangeTicket)
    assert db.session.scalar(rows) == 3


def test_every_reason_has_its_own_words():
    from portal.tickets.lists.bulk_texts import _REASONS

    assert set(_REASONS) == set(BulkReason)


def test_a_department_is_set_and_taken_back_with_who_got_the_ticket(
    chosen: list[Ticket], cast: Cast
):
    for name in ("Vault", "Counter"):
        departments.create(actor=cast.ada, name=name)
    vault, counter = map(departments.queries.by_name, ("Vault", "Counter"))
    assert vault and counter
    for one, members, default in ((vault, [], cast.sue.id), (counter, [cast.sam.id], None)):
        departments.change(
            actor=cast.ada,
            department=one,
            name=one.name,
            default_assignee=default,
            members=members,
        )
    clerk = db.session.get_one(User, cast.sam.id)
    clerk.rights = Right.OWN_DEPARTMENTS
    first, second, closed = chosen
    tickets.set_department(actor=cast.ada, ticket=second, name="Counter")
    db.session.flush()
    done = bulk.apply(actor=clerk.actor, chosen=chosen, action=BulkAction.DEPARTMENT, value="Vault")
    state = [(one.department, one.assignee_id) for one in (first, second)]
    assert state == [("Vault", cast.sue.id)] * 2
    assert reasons(done) == {"closed": [closed.number]}
    # They went out of sight, and come back.
    undone = bulk.undo(actor=clerk.actor, token=done.token)
    assert (undone.undone, undone.kept) == (2, 0)
    state = [(one.department, one.assignee_id) for one in (first, second)]
    assert state == [(None, None), ("Counter", None)]
    gone = bulk.apply(actor=cast.sam, chosen=[first], action=BulkAction.DEPARTMENT, value="Attic")
    assert reasons(gone) == {"outdated": [first.number]}
