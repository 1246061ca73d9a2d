"""Turns at mail that no job was enqueued for, and what becomes of mails of long ago."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from redis import Redis
from rq import Queue
from sqlalchemy import update

from jobs.parts import mail as mail_jobs
from portal import clock
from portal.extensions import db
from portal.mail.transport import open_transport
from portal.models.delivery import Outbox, OutboxState, ReturnedMail
from portal.queueing import BACKLOG_QUEUE, Job
from portal.services.delivery.outbox import MAX_ATTEMPTS, Mail, schedule_mails
from portal.services.people import returned_mails
from tests import factories
from tests.cast import Cast
from tests.factories import writing
from tests.smtp_sink import sink
from tests.sweeping import sweep


def states(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(db.select(Outbox.state).order_by(Outbox.id)))


def run(app: Flask) -> None:
    with app.app_context():
        sweep()


def turns(queue: Redis) -> int:
    waiting = Queue(BACKLOG_QUEUE, connection=queue).jobs
    return [job.func_name for job in waiting].count(Job.DRAIN_OUTBOX)


@pytest.fixture
def workers(queue: Redis, app: Flask) -> None:
    """Three are there, as far as the queue server knows."""
    for number in range(3):
        queue.sadd(f"rq:workers:{BACKLOG_QUEUE}", f"rq:worker:{number}")


@pytest.mark.usefixtures("workers")
def test_each_worker_has_a_turn_at_mail_that_was_not_enqueued(
    app: Flask, cast: Cast, queue: Redis
) -> None:
    for person in (cast.ann, cast.bob, cast.carl):
        factories.file_ticket(app, person)
    run(app)
    assert turns(queue) == 3
    assert states(app) == [OutboxState.PENDING] * 6
    run(app)
    assert turns(queue) == 3, "more turns than workers"


@pytest.mark.usefixtures("workers")
def test_nobody_has_a_turn_when_nothing_is_due(app: Flask, cast: Cast, queue: Redis) -> None:
    run(app)
    assert turns(queue) == 0
    factories.file_ticket(app, cast.ann)
    with writing(app):
        later = clock.now() + timedelta(minutes=1)
        db.session.execute(
            update(Outbox).where(Outbox.template == "ticket_filed").values(due_at=later)
        )
    run(app)
    assert turns(queue) == 1, "one mail is due"


def test_without_a_worker_nothing_is_enqueued(app: Flask, cast: Cast, queue: Redis) -> None:
    factories.file_ticket(app, cast.ann)
    run(app)
    assert turns(queue) == 0


def test_a_mail_that_killed_every_worker_is_parked(app: Flask, cast: Cast) -> None:
    factories.file_ticket(app, cast.ann)
    with writing(app):
        for row in db.session.scalars(db.select(Outbox)):
            row.attempts = MAX_ATTEMPTS
    run(app)
    run(app)
    assert states(app) == [OutboxState.PARKED] * 2


LONG_AGO = timedelta(days=400)


@pytest.fixture
def smtp(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with sink() as server:
        transport = open_transport(f"smtp://127.0.0.1:{server.port}?tls=0")
        monkeypatch.setitem(app.extensions, "lodge.mail", transport)
        yield


def mail(state: OutboxState, age: timedelta) -> None:
    """A mail that was settled so long ago."""
    schedule_mails(Mail(template="account_deleted", recipient="zoe@example.com"))
    [row] = db.session.scalars(db.select(Outbox).where(Outbox.state == OutboxState.PENDING))
    row.state, row.due_at = state, clock.now() - age
    db.session.flush()


def mails(app: Flask) -> None:
    with writing(app):
        mail(OutboxState.SENT, LONG_AGO)
        mail(OutboxState.DROPPED, LONG_AGO)
        mail(OutboxState.PARKED, LONG_AGO)
        mail(OutboxState.SENT, timedelta(days=300))


@pytest.mark.usefixtures("smtp")
def test_old_mails_go_but_those_that_somebody_has_to_decide_about(app: Flask) -> None:
    mails(app)
    with app.app_context():
        mail_jobs.delete_old_mails()
    assert states(app) == [OutboxState.PARKED, OutboxState.SENT]


def test_by_old_mails_files_are_found_so_they_stay_where_there_are_some(app: Flask) -> None:
    mails(app)
    with app.app_context():
        mail_jobs.delete_old_mails()
    assert len(states(app)) == 4


@pytest.mark.usefixtures("smtp")
def test_what_is_from_lately_stays_however_short_logs_are_kept(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "LOG_RETENTION", timedelta(0))
    with writing(app):
        mail(OutboxState.SENT, timedelta(days=6))
        mail(OutboxState.SENT, timedelta(days=8))
    with app.app_context():
        mail_jobs.delete_old_mails()
    assert states(app) == [OutboxState.SENT]


@pytest.mark.usefixtures("smtp")
def test_each_sweep_takes_a_bounded_batch(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_jobs, "BATCH", 2)
    with writing(app):
        for _ in range(5):
            mail(OutboxState.SENT, LONG_AGO)
    left = []
    for _ in range(3):
        with app.app_context():
            mail_jobs.delete_old_mails()
        left.append(len(states(app)))
    assert left == [3, 1, 0]


def test_what_came_back_long_ago_goes_wherever_mails_go(app: Flask, cast: Cast) -> None:
    with writing(app):
        for number, age in enumerate((LONG_AGO, timedelta(days=300))):
            with clock.at(clock.now() - age):
                returned_mails.record(
                    user_id=cast.bob.id,
                    address="bob@example.com",
                    status="4.4.7",
                    said="",
                    message_id=f"<{number}@x>",
                )
    with app.app_context():
        mail_jobs.delete_old_mails()
        assert db.session.scalars(db.select(ReturnedMail.message_id)).all() == ["<1@x>"]
