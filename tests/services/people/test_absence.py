from datetime import timedelta

import pytest
from flask.ctx import AppContext

from portal import clock
from portal.errors import AssigneeAway, Forbidden, Invalid
from portal.extensions import begin_write, db
from portal.models.people import Actor, User
from portal.models.tickets import BulkAction, Ticket
from portal.queries.people import users
from portal.services.people import absence
from portal.services.tickets import bulk, tickets
from tests.cast import Cast

DAY = timedelta(days=1)


def row(actor: Actor) -> User:
    return db.session.get_one(User, actor.id)


@pytest.fixture
def desk(context: AppContext, cast: Cast) -> Cast:
    begin_write()
    return cast


def leave(person: Actor) -> None:
    absence.leave(actor=person, user=row(person), until=clock.now() + DAY)


def file(person: Actor) -> Ticket:
    ticket = tickets.file(actor=person, subject="No hot water", message="Since Monday.")
    db.session.flush()
    return ticket


def test_who_is_away_gets_no_tickets_from_others_and_takes_their_own(desk: Cast):
    leave(desk.sue)
    ticket = file(desk.ann)
    with pytest.raises(AssigneeAway):
        tickets.assign(actor=desk.sam, ticket=ticket, assignee=row(desk.sue))
    with pytest.raises(AssigneeAway):
        bulk.apply(actor=desk.sam, chosen=[ticket], action=BulkAction.ASSIGN, value=row(desk.sue))
    assert ticket.assignee_id is None
    assert tickets.assign(actor=desk.sue, ticket=ticket, assignee=row(desk.sue))


def test_menus_say_who_is_away(desk: Cast):
    leave(desk.sue)
    db.session.flush()
    names = dict(users.assignees())
    assert names[desk.sue.id] == "Sue Stone (away)"
    assert names[desk.sam.id] == "Sam Smith"


def test_an_undo_gives_back_what_was_theirs(desk: Cast):
    ticket = file(desk.ann)
    tickets.assign(actor=desk.sam, ticket=ticket, assignee=row(desk.sue))
    leave(desk.sue)
    change = bulk.apply(
        actor=desk.sam, chosen=[ticket], action=BulkAction.ASSIGN, value=row(desk.sam)
    )
    assert ticket.assignee_id == desk.sam.id
    bulk.undo(actor=desk.sam, token=change.token)
    assert ticket.assignee_id == desk.sue.id


def test_coming_back_and_the_end_of_the_time_are_the_same(desk: Cast):
    ticket = file(desk.ann)
    leave(desk.sue)
    assert absence.come_back(actor=desk.ada, user=row(desk.sue))
    assert not absence.come_back(actor=desk.ada, user=row(desk.sue))
    assert tickets.assign(actor=desk.sam, ticket=ticket, assignee=row(desk.sue))
    leave(desk.sue)
    with clock.at(clock.now() + 2 * DAY):
        assert not row(desk.sue).is_away


@pytest.mark.parametrize("days", [-1, 0, 400])
def test_a_day_that_cannot_be_is_refused(desk: Cast, days: int):
    with pytest.raises(Invalid) as refused:
        absence.leave(actor=desk.sue, user=row(desk.sue), until=clock.now() + days * DAY)
    assert refused.value.details == {"away_until": "away_date"}


@pytest.mark.threat("rules in the browser alone")
def test_nobody_else_sends_colleagues_away(desk: Cast):
    for actor, person in ((desk.sam, desk.sue), (desk.ann, desk.sue), (desk.ada, desk.bob)):
        with pytest.raises(Forbidden):
            absence.leave(actor=actor, user=row(person), until=clock.now() + DAY)
    absence.leave(actor=desk.ada, user=row(desk.sue), until=clock.now() + DAY)
