from datetime import timedelta
from typing import Any

import pytest
from flask.ctx import AppContext
from sqlalchemy import inspect

from portal import clock
from portal.errors import Forbidden, Invalid, NotFound
from portal.extensions import begin_write, db
from portal.models.people import User
from portal.models.tickets import BulkChange, Priority, Ticket, TicketStatus
from portal.services.tickets import bulk, tags, tickets
from portal.services.tickets.bulk import BulkAction
from tests.cast import Cast


@pytest.fixture
def chosen(context: AppContext, cast: Cast) -> list[Ticket]:
    begin_write()
    made = [
        tickets.file(actor=cast.ann, subject=f"Matter {number}", message="Text")
        for number in range(3)
    ]
    tickets.set_status(actor=cast.sam, ticket=made[2], status=TicketStatus.CLOSED)
    db.session.flush()
    return made


def test_every_ticket_that_is_not_closed_changes_and_goes_back(chosen: list[Ticket], cast: Cast):
    sue = db.session.get_one(User, cast.sue.id)
    for action, value, now, before in (
        (BulkAction.ASSIGN, sue, lambda t: t.assignee_id, None),
        (BulkAction.STATUS, TicketStatus.PENDING, lambda t: t.status, "new"),
        (BulkAction.PRIORITY, Priority.URGENT, lambda t: t.priority, 2),
        (BulkAction.TAG, "vpn", tags.names_of, []),
    ):
        outcome = bulk.apply(actor=cast.sam, chosen=chosen, action=action, value=value)
        assert (outcome.changed, outcome.closed) == (2, 1)
        assert now(chosen[0]) != before
        change = bulk.find_undo(actor=cast.sam, token=outcome.token or "")
        assert bulk.undo(actor=cast.sam, change=change).back == 2
        assert now(chosen[0]) == before
        assert bulk.undo(actor=cast.sam, change=change).back == 0


def row_of(ticket: Ticket) -> dict[str, Any]:
    """All columns but the two that count the changes."""
    names = inspect(Ticket).columns.keys()
    return {name: getattr(ticket, name) for name in names if "version" not in name}


@pytest.mark.parametrize("action", BulkAction)
@pytest.mark.parametrize("noted", [False, True], ids=["", "noted"])
def test_undo_gives_back_everything_that_was(
    context: AppContext, cast: Cast, action: BulkAction, noted: bool
):
    """Times too, by which lists are sorted, whatever state the tickets were in."""
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
    before = [row_of(ticket) for ticket in made]
    value: Any = {
        BulkAction.ASSIGN: db.session.get_one(User, cast.sue.id),
        BulkAction.STATUS: TicketStatus.OPEN,
        BulkAction.PRIORITY: Priority.URGENT,
        BulkAction.TAG: "heating",
        BulkAction.TRASH: True,
    }[action]
    outcome = bulk.apply(actor=cast.sam, chosen=made, action=action, value=value)
    db.session.flush()
    assert [row_of(ticket) for ticket in made] != before
    change = bulk.find_undo(actor=cast.sam, token=outcome.token or "")
    bulk.undo(actor=cast.sam, change=change)
    db.session.flush()
    db.session.expire_all()
    assert [row_of(ticket) for ticket in made] == before


def test_what_somebody_changed_since_is_left_alone(chosen: list[Ticket], cast: Cast):
    outcome = bulk.apply(
        actor=cast.sam, chosen=chosen[:2], action=BulkAction.PRIORITY, value=Priority.HIGH
    )
    tickets.set_priority(actor=cast.sue, ticket=chosen[0], priority=Priority.LOW)
    change = bulk.find_undo(actor=cast.sam, token=outcome.token or "")
    assert bulk.undo(actor=cast.sam, change=change) == bulk.UndoOutcome(
        back=1, trashed=0, changed=1
    )
    assert (chosen[0].priority, chosen[1].priority) == (Priority.LOW, Priority.MEDIUM)


def test_what_is_in_the_trash_meanwhile_stays_there_and_the_rest_goes_back(
    chosen: list[Ticket], cast: Cast
):
    outcome = bulk.apply(
        actor=cast.sam, chosen=chosen[:2], action=BulkAction.PRIORITY, value=Priority.HIGH
    )
    tickets.delete(actor=cast.sue, ticket=chosen[0])
    db.session.flush()
    change = bulk.find_undo(actor=cast.sam, token=outcome.token or "")
    assert bulk.undo(actor=cast.sam, change=change) == bulk.UndoOutcome(
        back=1, trashed=1, changed=0
    )
    assert (chosen[0].priority, chosen[1].priority) == (Priority.HIGH, Priority.MEDIUM)


def test_what_is_closed_goes_to_the_trash_and_back_all_the_same(chosen: list[Ticket], cast: Cast):
    outcome = bulk.apply(actor=cast.sam, chosen=chosen, action=BulkAction.TRASH, value=True)
    assert (outcome.changed, outcome.closed) == (3, 0)
    assert all(ticket.deleted_at for ticket in chosen)
    db.session.flush()
    change = bulk.find_undo(actor=cast.sam, token=outcome.token or "")
    assert bulk.undo(actor=cast.sam, change=change).back == 3
    assert not any(ticket.deleted_at for ticket in chosen)
    assert bulk.undo(actor=cast.sam, change=change).back == 0


def test_an_undo_belongs_to_who_did_it_and_only_for_a_while(chosen: list[Ticket], cast: Cast):
    outcome = bulk.apply(
        actor=cast.sam, chosen=chosen[:1], action=BulkAction.PRIORITY, value=Priority.HIGH
    )
    token = outcome.token or ""
    with pytest.raises(NotFound):
        bulk.find_undo(actor=cast.sue, token=token)
    row = db.session.query(BulkChange).one()
    row.created_at -= bulk.UNDO_FOR
    db.session.flush()
    with pytest.raises(NotFound):
        bulk.find_undo(actor=cast.sam, token=token)


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
