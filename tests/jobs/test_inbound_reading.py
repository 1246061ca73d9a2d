"""Mails that came in are read once, in the order of their mailbox, whoever dies meanwhile."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from rq import Worker
from sqlalchemy import func, select, update

from jobs import delivery
from jobs.inbound_reading import InboundHandler, read
from jobs.parts.inbound import enqueue_inbound, forget_raw_mails
from portal import clock, create_app
from portal.config import load
from portal.extensions import db
from portal.inbound import receive
from portal.models.delivery import Outbox
from portal.models.inbound import InboundMessage, InboundState, InboundWay, Mailbox, Reason
from portal.models.tickets import Comment, Ticket
from portal.queries.delivery import outbox
from portal.queueing import BACKLOG_QUEUE, QUEUE, Enqueuer, Job
from portal.services.inbound import messages, reading
from portal.services.operations.files import GRACE, remove_orphans
from portal.storage import SHARDS
from tests.cast import Cast
from tests.factories import writing
from tests.forked import forked
from tests.inbound.mails import InProcess, mail, row, take_in
from tests.inbound.mails import read as read_all
from tests.jobs.dying import die_at
from tests.waiting import wait_for

# Every so many statements of the database somebody dies.
STEP = 9


def bring(app: Flask, *texts: str, to: str = "support@example.com") -> list[int]:
    """Take mails in that nobody reads yet."""
    with app.app_context():
        raws = [mail(text=text, to=to).as_bytes() for text in texts]
        return [receive(raw, way=InboundWay.LMTP, recipients=[to]).id for raw in raws]


def enqueued(app: Flask) -> int:
    enqueuer: Enqueuer = app.extensions["lodge.enqueuer"]
    jobs = enqueuer._queues[BACKLOG_QUEUE].jobs
    return sum(job.func_name == Job.READ_INBOUND for job in jobs)


def test_many_mails_are_one_job_and_a_lost_job_is_found_by_the_sweep(
    app: Flask, cast: Cast
) -> None:
    ids = bring(app, "One.", "Two.", "Three.")
    assert enqueued(app) == 1
    enqueuer: Enqueuer = app.extensions["lodge.enqueuer"]
    enqueuer._connection.flushdb()
    with app.app_context():
        enqueue_inbound()
        assert enqueued(app) == 1
        read()
        said = db.session.scalars(select(Comment.message).order_by(Comment.id))
        assert list(said) == ["One.", "Two.", "Three."]
        enqueuer._connection.flushdb()
        enqueue_inbound()
    assert enqueued(app) == 0
    assert {row(app, one).state for one in ids} == {InboundState.DONE}


def test_the_mails_that_many_mails_owe_are_left_to_one_job(app: Flask, cast: Cast) -> None:
    bring(app, "One.", "Two.", "Three.")
    enqueuer: Enqueuer = app.extensions["lodge.enqueuer"]
    connection = enqueuer._connection
    Worker([enqueuer._queues[BACKLOG_QUEUE]], connection=connection).register_birth()
    with app.app_context():
        read()
        assert outbox.health().pending >= 3
    assert not enqueuer._queues[QUEUE].jobs
    names = [job.func_name for job in enqueuer._queues[BACKLOG_QUEUE].jobs]
    assert names.count(Job.DRAIN_OUTBOX) == 1


def test_one_mail_of_a_mailbox_is_read_at_a_time(app: Flask) -> None:
    with writing(app):
        db.session.add_all(Mailbox(address=f"{name}@example.com") for name in ("a", "b"))
    first, _second = bring(app, "One.", "Two.", to="a@example.com")
    [other] = bring(app, "Three.", to="b@example.com")
    with writing(app):
        claimed = [messages.claim_next() for _ in range(3)]
    assert [lease and lease.row_id for lease in claimed] == [first, other, None]


def test_an_error_of_ours_is_tried_again_behind_the_others_and_then_given_up(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, fine = bring(app, "One.", "Two.")
    take = reading.take

    def fail(lease, *rest: object) -> None:
        if lease.row_id == bad:
            raise ZeroDivisionError
        take(lease, *rest)

    monkeypatch.setattr(reading, "take", fail)
    read_all(app)
    assert row(app, fine).state == InboundState.DONE
    assert (row(app, bad).state, row(app, bad).attempts) == (InboundState.RECEIVED, 1)
    assert row(app, bad).error == "ZeroDivisionError: "
    for _ in range(messages.MAX_ATTEMPTS):
        with writing(app):
            db.session.execute(update(InboundMessage).values(due_at=clock.now()))
        read_all(app)
    assert (row(app, bad).state, row(app, bad).reason) == (InboundState.FAILED, Reason.ERROR)


def test_a_mail_whose_readers_all_died_is_given_up(app: Flask) -> None:
    [message_id] = bring(app, "One.")
    with writing(app):
        used_up = {"attempts": messages.MAX_ATTEMPTS, "lease": "x", "due_at": clock.now()}
        db.session.execute(update(InboundMessage).values(used_up))
    with app.app_context():
        enqueue_inbound()
    found = row(app, message_id)
    assert (found.state, found.reason) == (InboundState.FAILED, Reason.WORKER_DIED)


def test_raw_mails_go_after_their_time_but_not_those_that_wait(app: Flask, cast: Cast) -> None:
    done, held = take_in(app, mail(), mail(headers={"From": "nobody"}))
    later = clock.now() + timedelta(days=91) + GRACE
    with app.app_context(), time_machine.travel(later, tick=False):
        forget_raw_mails()
        for minute in range(SHARDS):
            with clock.at(later + timedelta(minutes=minute)):
                remove_orphans(app.extensions["lodge.storage"])
    assert row(app, done).storage_key is None
    kept = row(app, held).storage_key
    assert kept is not None
    assert app.extensions["lodge.storage"].has(kept)


def read_and_die(count: int) -> None:
    app = create_app(load())
    handler = InboundHandler(app.extensions["lodge.storage"], InProcess())
    with app.app_context():
        die_at(count, lambda: delivery.deliver_due(handler, 60.0))


@pytest.mark.slow
def test_whenever_a_worker_dies_each_mail_is_in_the_conversation_once(
    app: Flask, cast: Cast, settings: dict[str, str]
) -> None:
    bring(app, "One.", "Two.")
    killed = 0
    for count in range(1, 400, STEP):
        with forked(settings, read_and_die, count) as process:
            wait_for(lambda one=process: one.exitcode is not None, "the end of the process")
            if process.exitcode == 0:
                break
            killed += 1
        with writing(app):
            # Its lease has run out, and its tries are not the matter here.
            db.session.execute(update(InboundMessage).values(due_at=clock.now(), attempts=0))
    assert killed >= 2
    with app.app_context():
        assert sorted(db.session.scalars(select(Comment.message))) == ["One.", "Two."]
        assert db.session.scalar(select(func.count(Ticket.id))) == 2
        receipts = select(func.count(Outbox.id)).where(Outbox.template == "ticket_filed")
        assert db.session.scalar(receipts) == 2
