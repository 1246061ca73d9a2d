"""What the desk sets by itself on new tickets, once, and how it is undone."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from jobs import assistance as jobs
from jobs.parts import assistance as parts
from portal import clock
from portal.errors import NotFound, Stale
from portal.extensions import db
from portal.models.assistance import AssistanceAct, LearnedLabel, Target, UnassistedTicket
from portal.models.tickets import Department, Priority, Ticket, TicketEvent, TicketStatus
from portal.services.assistance import acting
from portal.services.tickets import tags, tickets
from tests import assistance_world as world
from tests import factories
from tests.cast import Cast
from tests.factories import Filed

MESSAGE = "The invoice was charged twice, please refund the payment: price of the subscription"


@pytest.fixture
def desk(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Filed]:
    """Files a ticket of that message at a desk that has learned."""
    monkeypatch.setitem(app.config, "ASSISTANCE_SUGGESTIONS", world.ALL)
    monkeypatch.setitem(app.config, "ASSISTANCE_ACTIONS", world.TARGETS)
    world.learned_desk(app, cast.ann)

    def file(message: str = MESSAGE, **columns: object) -> Filed:
        return factories.file_ticket(app, cast.bob, "Invoice", message, **columns)

    return file


def act(app: Flask, filed: Filed) -> Ticket:
    with app.app_context():
        jobs.assist(filed.id)
        ticket = db.session.get_one(Ticket, filed.id)
        db.session.expunge(ticket)
        return ticket


def undo(app: Flask, cast: Cast, filed: Filed, target: Target) -> None:
    with factories.writing(app):
        ticket = db.session.get_one(Ticket, filed.id)
        acting.undo(actor=cast.sam, ticket=ticket, target=target)


def test_what_is_sure_is_set_once_and_says_so(app: Flask, desk: Callable[..., Filed]):
    filed = desk()
    ticket = act(app, filed)
    assert (ticket.type, ticket.department) == ("request", "Billing")
    assert ticket.priority == Priority.LOW
    assert act(app, filed).version == ticket.version
    with app.app_context():
        assert set(tags.names_of(ticket)) == {"invoice", "money"}
        made = TicketEvent.ticket_id == filed.id, TicketEvent.actor_id.is_(None)
        events = db.session.scalars(select(TicketEvent).where(*made)).all()
        assert {event.data["by"] for event in events} == {"assistance"}
        assert len(events) == 4


def test_the_department_brings_it_to_whoever_gets_new_tickets_there(
    app: Flask, cast: Cast, desk: Callable[..., Filed]
):
    with factories.writing(app):
        db.session.execute(
            update(Department)
            .where(Department.name == "Billing")
            .values(default_assignee_id=cast.sue.id)
        )
    filed = desk()
    assert act(app, filed).assignee_id == cast.sue.id
    undo(app, cast, filed, Target.DEPARTMENT)
    with app.app_context():
        ticket = db.session.get_one(Ticket, filed.id)
        assert ticket.department is None and ticket.assignee_id is None


def test_what_somebody_has_chosen_stays(app: Flask, desk: Callable[..., Filed]):
    filed = desk(type="incident", department="Network", priority=Priority.URGENT)
    ticket = act(app, filed)
    assert (ticket.type, ticket.department) == ("incident", "Network")
    assert ticket.priority == Priority.URGENT


@pytest.mark.parametrize("message", ["Nothing of this was ever said", "?", "\u200b\u202e🙂"])
def test_what_is_not_sure_is_left_to_people(
    app: Flask, cast: Cast, desk: Callable[..., Filed], message: str
):
    filed = factories.file_ticket(app, cast.bob, "Zzz", message)
    assert act(app, filed).version == filed.version


def test_a_ticket_that_somebody_works_on_is_left_alone(
    app: Flask, cast: Cast, desk: Callable[..., Filed]
):
    filed = desk()
    with factories.writing(app):
        ticket = db.session.get_one(Ticket, filed.id)
        tickets.set_status(actor=cast.sam, ticket=ticket, status=TicketStatus.PENDING)
    assert act(app, filed).type is None


def test_undoing_sets_it_back_and_teaches(app: Flask, cast: Cast, desk: Callable[..., Filed]):
    for _time in range(3):
        filed = desk()
        assert act(app, filed).type == "request"
        undo(app, cast, filed, Target.TYPE)
        with app.app_context():
            assert db.session.get_one(Ticket, filed.id).type is None
    # Twenty of twenty were right before; now it is twenty of twenty-three.
    assert act(app, desk()).type is None
    with app.app_context():
        label = select(LearnedLabel).where(LearnedLabel.name == "request")
        assert db.session.scalars(label).one().undone == 3


def test_what_was_changed_since_is_not_set_back(app: Flask, cast: Cast, desk: Callable[..., Filed]):
    filed = desk()
    act(app, filed)
    with factories.writing(app):
        ticket = db.session.get_one(Ticket, filed.id)
        tickets.set_type(actor=cast.sam, ticket=ticket, type_="problem")
    with pytest.raises(Stale):
        undo(app, cast, filed, Target.TYPE)
    undo(app, cast, filed, Target.TAGS)
    with pytest.raises(NotFound):
        undo(app, cast, filed, Target.TAGS)


def test_a_lost_job_is_found_by_the_sweep_for_an_hour(app: Flask, desk: Callable[..., Filed]):
    lost, old = desk(), desk()
    now = clock.now()
    with factories.writing(app):
        db.session.execute(
            update(UnassistedTicket)
            .where(UnassistedTicket.ticket_id == old.id)
            .values(created_at=now - timedelta(hours=2))
        )
    with app.app_context():
        with clock.at(now + timedelta(minutes=2)):
            parts.assist_new_tickets()
        assert db.session.get_one(Ticket, lost.id).type == "request"
        assert db.session.get_one(Ticket, old.id).type is None
        assert not db.session.scalars(select(UnassistedTicket)).all()


def test_an_act_goes_with_its_ticket(app: Flask, desk: Callable[..., Filed]):
    filed = desk()
    act(app, filed)
    with factories.writing(app):
        assert db.session.scalars(select(AssistanceAct)).all()
        db.session.execute(delete(Ticket).where(Ticket.id == filed.id))
        assert not db.session.scalars(select(AssistanceAct)).all()
