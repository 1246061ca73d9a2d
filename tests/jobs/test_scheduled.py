"""Taking back and leaving at once, and death in the middle: one of both happens, and wholly."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import func, select

from jobs.scheduled import send
from portal import clock, create_app
from portal.config import load
from portal.errors import AlreadySent
from portal.extensions import begin_write, db
from portal.models.delivery import Outbox
from portal.models.people import Actor
from portal.models.tickets import (
    Attachment,
    Comment,
    Draft,
    ScheduledComment,
    Ticket,
    TicketEvent,
    UnsentAttachment,
)
from portal.queries.tickets import scheduled as queries
from portal.services.tickets import scheduled
from portal.services.tickets.attachments import Upload
from tests import factories
from tests.cast import Cast
from tests.forked import forked
from tests.jobs.dying import die_at
from tests.waiting import PATIENCE, wait_for

TEXT = "It will be warm tomorrow."
ROUNDS = 12
# Every so many statements of the database somebody dies.
STEP = 3


def hold(app: Flask, cast: Cast, key: str = "a" * 32) -> tuple[int, int]:
    """Ids of a ticket, and of an answer to it that is due, with a file."""
    filed = factories.file_ticket(app, cast.ann)
    file = Upload(key, "plan.txt", "text/plain", 4, "0" * 64)
    with factories.writing(app):
        row = scheduled.schedule(
            actor=cast.sam,
            ticket=db.session.get_one(Ticket, filed.id),
            message=TEXT,
            due_at=clock.now(),
            later=False,
            uploads=[file],
        )
        return filed.id, row.id


def take_back(app: Flask, actor: Actor, scheduled_id: int, ticket_id: int) -> bool:
    """As the page does; False when it was too late."""
    with app.app_context():
        begin_write()
        ticket = db.session.scalars(queries.ticket_locked(ticket_id)).one()
        try:
            scheduled.take_back(actor=actor, ticket=ticket, scheduled_id=scheduled_id)
        except AlreadySent:
            return False
        db.session.commit()
        return True


def left(app: Flask, ticket_id: int) -> dict[str, int]:
    """How much there is of an answer that has left, and of one that was taken back."""
    with app.app_context():
        counts = {
            "comments": select(func.count()).where(
                Comment.ticket_id == ticket_id, Comment.message == TEXT
            ),
            "events": select(func.count()).where(
                TicketEvent.ticket_id == ticket_id, TicketEvent.kind == "commented"
            ),
            "mails": select(func.count())
            .select_from(Outbox)
            .join(TicketEvent, TicketEvent.id == Outbox.event_id)
            .where(Outbox.template == "reply", TicketEvent.ticket_id == ticket_id),
            "files": select(func.count()).where(Attachment.ticket_id == ticket_id),
            "drafts": select(func.count()).where(Draft.ticket_id == ticket_id),
            "waiting": select(func.count()).where(ScheduledComment.ticket_id == ticket_id),
            "unsent": select(func.count()).where(UnsentAttachment.ticket_id == ticket_id),
        }
        return {name: db.session.scalar(query) or 0 for name, query in counts.items()}


GONE = {"comments": 1, "events": 1, "mails": 1, "files": 1, "drafts": 0, "waiting": 0, "unsent": 0}
BACK = {"comments": 0, "events": 0, "mails": 0, "files": 0, "drafts": 1, "waiting": 0, "unsent": 1}
WAITS = BACK | {"drafts": 0, "waiting": 1}


def test_of_leaving_and_taking_back_at_once_one_happens(app: Flask, cast: Cast) -> None:
    for number in range(ROUNDS):
        ticket_id, scheduled_id = hold(app, cast, key=f"{number:032}")
        together = Barrier(4)

        def leave(of: int = scheduled_id, start: Barrier = together) -> None:
            start.wait(PATIENCE)
            with app.app_context():
                send(of)

        def undo(of: int = scheduled_id, about: int = ticket_id, start: Barrier = together) -> bool:
            start.wait(PATIENCE)
            return take_back(app, cast.sam, of, about)

        with ThreadPoolExecutor(4) as pool:
            leaving = [pool.submit(leave) for _ in range(2)]
            undoing = [pool.submit(undo) for _ in range(2)]
        for one in leaving:
            one.result()
        undone = sum(one.result() for one in undoing)
        assert undone <= 1
        assert left(app, ticket_id) == (BACK if undone else GONE)


def test_it_is_enqueued_at_its_moment(app: Flask, cast: Cast, queue: Redis) -> None:
    _ticket_id, scheduled_id = hold(app, cast)
    enqueuer = app.extensions["lodge.enqueuer"]
    assert enqueuer.enqueue_due(clock.now()) == 1
    jobs = [queue.hget(key, "description") for key in queue.keys("rq:job:*")]
    assert f"jobs.scheduled.send({scheduled_id})".encode() in jobs


def test_without_a_queue_server_it_leaves_with_the_next_sweep(
    app: Flask, cast: Cast, queue: Redis
) -> None:
    from jobs.parts.answers import send_scheduled

    ticket_id, _scheduled_id = hold(app, cast)
    queue.flushdb()
    with app.app_context():
        assert send_scheduled() is False
    assert left(app, ticket_id) == GONE


def test_answers_to_a_ticket_leave_in_their_order(app: Flask, cast: Cast) -> None:
    filed = factories.file_ticket(app, cast.ann)
    ids = []
    for number in range(3):
        with factories.writing(app):
            row = scheduled.schedule(
                actor=cast.sam,
                ticket=db.session.get_one(Ticket, filed.id),
                message=f"Number {number}",
                due_at=clock.now(),
                later=False,
            )
            ids.append(row.id)
    with app.app_context():
        send(ids[-1])
        said = db.session.scalars(
            select(Comment.message).where(Comment.ticket_id == filed.id).order_by(Comment.id)
        )
        assert list(said)[1:] == ["Number 0", "Number 1", "Number 2"]


def leave_and_die(scheduled_id: int, count: int) -> None:
    app = create_app(load())
    with app.app_context():
        die_at(count, lambda: send(scheduled_id))


def undo_and_die(actor: Actor, scheduled_id: int, ticket_id: int, count: int) -> None:
    app = create_app(load())
    with app.app_context():
        die_at(count, lambda: take_back(app, actor, scheduled_id, ticket_id))


@pytest.mark.slow
@pytest.mark.parametrize("way", ["leave", "undo"])
def test_whoever_dies_has_done_all_or_nothing(
    app: Flask, cast: Cast, settings: dict[str, str], way: str
) -> None:
    ticket_id, scheduled_id = hold(app, cast)
    killed = 0
    for count in range(1, 400, STEP):
        arguments = (
            (leave_and_die, scheduled_id, count)
            if way == "leave"
            else (undo_and_die, cast.sam, scheduled_id, ticket_id, count)
        )
        with forked(settings, *arguments) as process:
            wait_for(lambda one=process: one.exitcode is not None, "the end of the process")
            if process.exitcode == 0:
                break
            killed += 1
        assert left(app, ticket_id) == WAITS
    assert killed >= 2
    assert left(app, ticket_id) == (GONE if way == "leave" else BACK)
    with app.app_context():
        send(scheduled_id)
    assert left(app, ticket_id) == (GONE if way == "leave" else BACK)
