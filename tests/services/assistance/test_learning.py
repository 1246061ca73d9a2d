"""Learning: the same counts as learning all anew, whatever has happened to tickets since."""

import socket
from datetime import timedelta

import pytest
from flask import Flask
from flask.ctx import AppContext
from sqlalchemy import func, select

from jobs.parts import assistance as parts
from portal import clock
from portal.extensions import begin_write, db
from portal.models.assistance import (
    LearnedFeature,
    LearnedLabel,
    LearnedTicket,
    LearningProgress,
    Target,
    UnlearnedTicket,
)
from portal.models.people import User
from portal.models.tickets import Ticket, TicketStatus
from portal.queries.assistance import suggestions
from portal.services.assistance import learning
from portal.services.tickets import retention, tickets, unlearned
from tests import assistance_world as world
from tests import factories
from tests.cast import Cast


@pytest.fixture(autouse=True)
def _settings(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "ASSISTANCE_SUGGESTIONS", world.ALL)


def counts() -> dict[object, object]:
    """What is learned, but for the ids of labels."""
    names = {row.id: (row.target, row.name) for row in db.session.scalars(select(LearnedLabel))}
    labels = select(LearnedLabel.target, LearnedLabel.name, LearnedLabel.tickets)
    found: dict[object, object] = {
        (row.target, row.name): row.tickets for row in db.session.execute(labels) if row.tickets
    }
    from portal.queries.assistance.model import feature_counts

    numbers = list(db.session.scalars(select(LearnedFeature.number)))
    for number, (seen, of) in feature_counts(numbers).items():
        found[number] = (seen, sorted((names[label], times) for label, times in of.items()))
    return found


def learned() -> int:
    return db.session.scalar(select(func.count()).select_from(LearnedTicket)) or 0


def test_changes_lead_to_the_same_counts_as_learning_anew(context: AppContext, cast: Cast):
    begin_write()
    ids = world.fill(cast.ann, 24)
    db.session.commit()
    world.learn()
    assert learned() == 24
    begin_write()
    found = [db.session.get_one(Ticket, of) for of in ids[:6]]
    tickets.set_type(actor=cast.sam, ticket=found[0], type_="change")
    tickets.set_tags(actor=cast.sam, ticket=found[1], names=["other"])
    tickets.set_status(actor=cast.sam, ticket=found[2], status=TicketStatus.OPEN)
    tickets.delete(actor=cast.sam, ticket=found[3])
    tickets.delete(actor=cast.sam, ticket=found[4])
    tickets.restore(actor=cast.sam, ticket=found[4])
    db.session.commit()
    world.learn()
    after = counts()
    assert learned() == 22
    assert (Target.TYPE, "change") in after and (Target.TAGS, "other") in after
    begin_write()
    learning.begin_anew()
    db.session.commit()
    world.learn()
    assert counts() == after


def test_learning_twice_counts_once(context: AppContext, cast: Cast):
    begin_write()
    ids = world.fill(cast.ann, 6)
    db.session.commit()
    world.learn()
    before = counts()
    begin_write()
    unlearned._note([*ids, *ids])
    db.session.commit()
    world.learn()
    assert counts() == before
    assert not db.session.scalars(select(UnlearnedTicket)).all()


def test_a_ticket_that_is_solved_is_learned_and_forgotten_when_it_is_gone(
    context: AppContext, app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    world.learn()
    filed = factories.file_ticket(app, cast.ann, "No hot water")
    begin_write()
    ticket = db.session.get_one(Ticket, filed.id)
    tickets.set_status(actor=cast.sam, ticket=ticket, status=TicketStatus.SOLVED)
    db.session.commit()
    world.learn()
    assert learned() == 1
    begin_write()
    tickets.delete(actor=cast.sam, ticket=db.session.get_one(Ticket, filed.id))
    db.session.commit()
    factories.file_ticket(app, cast.ann, "Another one")
    begin_write()
    monkeypatch.setitem(app.config, "TRASH_RETENTION", timedelta(days=1))
    with clock.at(clock.now() + timedelta(days=2)):
        assert retention.delete_old(10) == 1
    db.session.commit()
    world.learn()
    assert learned() == 0 and not db.session.scalars(select(LearnedFeature)).all()


def test_nothing_of_who_was_erased_stays(context: AppContext, cast: Cast):
    begin_write()
    world.fill(cast.ann, 6)
    db.session.commit()
    world.learn()
    assert learned() == 6
    begin_write()
    user = db.session.get_one(User, cast.ann.id)
    unlearned.note_erased(user)
    user.email = "usr000001@deleted.invalid"
    db.session.commit()
    world.learn()
    assert learned() == 0 and not counts()


def test_what_is_kept_has_an_end(context: AppContext, cast: Cast, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(learning, "MAX_TICKETS", 9)
    begin_write()
    ids = world.fill(cast.ann, 12)
    db.session.commit()
    world.learn()
    assert set(db.session.scalars(select(LearnedTicket.ticket_id))) == set(ids[-9:])
    begin_write()
    unlearned._note(ids[:3])
    db.session.commit()
    world.learn()
    assert set(db.session.scalars(select(LearnedTicket.ticket_id))) == set(ids[-9:])
    assert db.session.scalars(select(LearningProgress)).one().tickets == 9


def test_switched_off_all_is_forgotten_and_nothing_is_noted(
    context: AppContext, app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    begin_write()
    ids = world.fill(cast.ann, 6)
    db.session.commit()
    world.learn()
    monkeypatch.setitem(app.config, "ASSISTANCE_SUGGESTIONS", ["answers", "tone"])
    world.learn()
    assert not counts() and learned() == 0
    begin_write()
    ticket = db.session.get_one(Ticket, ids[0])
    tickets.set_status(actor=cast.sam, ticket=ticket, status=TicketStatus.OPEN)
    db.session.commit()
    assert not db.session.scalars(select(UnlearnedTicket)).all()
    monkeypatch.setitem(app.config, "ASSISTANCE_SUGGESTIONS", ["type"])
    world.learn()
    assert learned() == 5


def test_one_bad_ticket_stops_none_of_the_others(
    context: AppContext, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    begin_write()
    world.fill(cast.ann, 6)
    db.session.commit()
    real = learning.features

    def breaking(subject: str, message: str) -> dict[int, str]:
        if "router" in message:
            raise ValueError
        return real(subject, message)

    monkeypatch.setattr(learning, "features", breaking)
    world.learn()
    assert 0 < learned() < 6
    assert not parts.learn_tickets()


def test_no_call_leaves_the_machine(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch):
    called: list[object] = []
    real = socket.socket.connect

    def watched(self: socket.socket, address: object) -> None:
        called.append(address)
        real(self, address)  # type: ignore[arg-type]

    with factories.writing(app):
        ids = world.fill(cast.ann, 45)
    with app.app_context():
        db.session.execute(select(1))
        monkeypatch.setattr(socket.socket, "connect", watched)
        world.learn()
        ticket = db.session.get_one(Ticket, ids[0])
        assert suggestions.of_ticket(ticket, list(Target), percent=0)
    # PostgreSQL and the queue server of the tests are on this machine.
    assert all(_is_local(address) for address in called)


def _is_local(address: object) -> bool:
    return isinstance(address, (str, bytes)) or (
        isinstance(address, tuple) and address[0] in {"127.0.0.1", "::1", "localhost"}
    )
