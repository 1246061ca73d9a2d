"""A turn at mail that is due: bounded, over one connection, and one bad mail stops nothing."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from redis import Redis
from rq import Queue

from jobs import outbox as jobs
from portal import clock
from portal.extensions import db
from portal.mail.transport import open_transport
from portal.models.delivery import Outbox, OutboxState
from portal.queueing import BACKLOG_QUEUE, Job
from portal.services.people import forgotten_password
from tests import factories
from tests.cast import Cast
from tests.factories import writing
from tests.servers import free_port
from tests.smtp_sink import Sink, sink
from tests.waiting import PATIENCE


@pytest.fixture
def server(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    with sink() as running:
        transport = open_transport(f"smtp://127.0.0.1:{running.port}?tls=0")
        monkeypatch.setitem(app.extensions, "lodge.mail", transport)
        yield running


@pytest.fixture
def away(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    transport = open_transport(f"smtp://127.0.0.1:{free_port()}?tls=0")
    monkeypatch.setitem(app.extensions, "lodge.mail", transport)


def take_turn(app: Flask, seconds: float = PATIENCE) -> bool:
    with app.app_context():
        return jobs.send_due(seconds)


def states(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(db.select(Outbox.state).order_by(Outbox.id)))


def test_all_that_is_due_leaves_over_one_connection(app: Flask, cast: Cast, server: Sink) -> None:
    for person in (cast.ann, cast.bob, cast.carl):
        factories.file_ticket(app, person)
    assert not take_turn(app)
    assert states(app) == [OutboxState.SENT] * 6
    assert len(set(server.ids)) == len(server.ids) == 6
    assert server.connections == 1


def test_a_second_turn_sends_nothing_again(app: Flask, cast: Cast, server: Sink) -> None:
    factories.file_ticket(app, cast.ann)
    take_turn(app)
    take_turn(app)
    assert len(server.taken) == 2


def test_what_was_owed_first_is_sent_first(app: Flask, cast: Cast, server: Sink) -> None:
    for _ in range(3):
        factories.file_ticket(app, cast.ann)
    take_turn(app)
    with app.app_context():
        owed = db.session.scalars(db.select(Outbox.message_id).order_by(Outbox.due_at, Outbox.id))
        assert server.ids[::2] == list(owed)[::2]


def test_a_refused_mail_does_not_hold_up_the_rest(app: Flask, cast: Cast, server: Sink) -> None:
    server.refusals.update({"ann@example.com": ["451 later"], "bob@example.com": ["550 no"]})
    for person in (cast.ann, cast.bob, cast.carl):
        factories.file_ticket(app, person)
    take_turn(app)
    assert len(server.taken) == 4
    assert sorted(states(app)) == sorted(
        [OutboxState.SENT] * 4 + [OutboxState.PENDING, OutboxState.PARKED]
    )


def test_mails_that_cannot_be_made_hold_up_nothing(app: Flask, cast: Cast, server: Sink) -> None:
    for person in (cast.ann, cast.bob, cast.carl):
        factories.file_ticket(app, person)
    with writing(app):
        first = db.session.scalars(db.select(Outbox).order_by(Outbox.due_at, Outbox.id)).all()[:4]
        for row in first:
            row.template = "no_such_mail"
    assert not take_turn(app)
    assert sorted(states(app)) == [OutboxState.PARKED] * 4 + [OutboxState.SENT] * 2


def test_a_mail_that_breaks_its_turn_does_not_hold_up_the_rest(
    app: Flask, cast: Cast, server: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_outbox_id: int) -> None:
        raise ZeroDivisionError("no link")

    factories.file_ticket(app, cast.ann)
    with writing(app):
        first = db.session.scalars(db.select(Outbox).order_by(Outbox.due_at, Outbox.id)).first()
        first.data = {"asked": True}
    monkeypatch.setattr(forgotten_password, "prepare_mail", broken)
    take_turn(app)
    assert states(app) == [OutboxState.PENDING, OutboxState.SENT]
    with app.app_context():
        assert "no link" in db.session.get_one(Outbox, first.id).error


@pytest.mark.usefixtures("away")
def test_a_server_that_is_away_is_not_asked_for_every_mail(app: Flask, cast: Cast) -> None:
    for _ in range(4):
        factories.file_ticket(app, cast.ann)
    assert not take_turn(app)
    assert not take_turn(app)
    with app.app_context():
        jobs.deliver(8)
        [tried] = db.session.scalars(db.select(Outbox).where(Outbox.error.is_not(None)))
    assert "refused" in (tried.error or "")
    assert tried.attempts == 0, "that was not the mail's fault"
    assert states(app) == [OutboxState.PENDING] * 8


def test_all_leaves_by_itself_when_the_server_is_back(
    app: Flask, cast: Cast, server: Sink, queue: Redis
) -> None:
    for _ in range(4):
        factories.file_ticket(app, cast.ann)
    server.senders = ["421 closing"]
    assert not take_turn(app)
    assert server.taken == []
    with time_machine.travel(clock.now() + timedelta(minutes=3), tick=False), app.app_context():
        jobs.deliver(8)
        assert [job.func_name for job in Queue(BACKLOG_QUEUE, connection=queue).jobs] == [
            Job.DRAIN_OUTBOX
        ]
        jobs.drain()
    assert states(app) == [OutboxState.SENT] * 8
    assert len(set(server.ids)) == len(server.ids) == 8


def test_a_turn_ends_after_its_time_and_asks_for_the_next(
    app: Flask, cast: Cast, server: Sink, queue: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_TURN_SECONDS", -1.0)
    for _ in range(2):
        factories.file_ticket(app, cast.ann)
    with app.app_context():
        jobs.drain()
    assert len(server.taken) == 1
    [waiting] = Queue(BACKLOG_QUEUE, connection=queue).jobs
    assert waiting.func_name == Job.DRAIN_OUTBOX


def test_a_turn_with_nothing_left_asks_for_no_other(
    app: Flask, cast: Cast, server: Sink, queue: Redis
) -> None:
    factories.file_ticket(app, cast.ann)
    with app.app_context():
        jobs.drain()
    assert len(server.taken) == 2
    assert Queue(BACKLOG_QUEUE, connection=queue).jobs == []
