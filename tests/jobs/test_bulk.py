"""A change of many tickets under death and in company: each is changed once, and told once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import func, select, update

from jobs import bulk as jobs
from jobs.parts.bulk import enqueue_bulk_changes
from portal import clock, create_app
from portal.config import load
from portal.extensions import db
from portal.models.delivery import Outbox
from portal.models.people import User
from portal.models.tickets import (
    BulkAction,
    BulkChange,
    BulkState,
    EventKind,
    Priority,
    Ticket,
    TicketCount,
    TicketEvent,
)
from portal.queries.tickets.lists import ticket_list
from portal.queries.tickets.lists.ticket_filter import TicketFilter, View
from portal.services.tickets import bulk, bulk_batches, counts, tickets
from portal.services.tickets.bulk import Chosen
from portal.services.tickets.counts import CountKey
from tests import factories
from tests.cast import Cast
from tests.forked import forked
from tests.jobs.dying import die_at
from tests.waiting import PATIENCE, wait_for

# Every so many statements of the database somebody dies.
STEP = 3


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "MAX_TICKETS", 0)
    monkeypatch.setattr(bulk_batches, "BATCH", 2)


def begin(app: Flask, cast: Cast, number: int = 3) -> BulkChange:
    """Tickets that are to be Sue's, and nobody has begun with them."""
    with factories.writing(app):
        made = [
            tickets.file(actor=cast.ann, subject=f"Matter {one}", message="Text")
            for one in range(number)
        ]
        db.session.flush()
        return bulk.start(
            actor=cast.sam,
            listed=[Chosen(one.id, one.version, one.updated_at) for one in made],
            action=BulkAction.ASSIGN,
            value=db.session.get_one(User, cast.sue.id),
        )


def told(app: Flask) -> tuple[dict[int, int], int, int]:
    """Events by ticket, mails, and the tickets that are counted as somebody's."""
    with app.app_context():
        events = select(TicketEvent.ticket_id).where(TicketEvent.kind == EventKind.ASSIGNEE)
        mails = select(func.count()).where(Outbox.template == "assigned")
        counted = select(func.sum(TicketCount.tickets)).where(TicketCount.assignee_id != 0)
        return (
            dict(Counter(db.session.scalars(events))),
            db.session.scalar(mails) or 0,
            db.session.scalar(counted) or 0,
        )


def state_of(app: Flask, change_id: int) -> tuple[str, int, int]:
    with app.app_context():
        change = db.session.get_one(BulkChange, change_id)
        return change.state, change.changed, change.undone


def undo(app: Flask, cast: Cast, token: str) -> None:
    with factories.writing(app):
        bulk.undo(actor=cast.sam, token=token)


def work_and_die(change_id: int, count: int) -> None:
    bulk_batches.BATCH = 2
    app = create_app(load())
    with app.app_context():
        die_at(count, lambda: jobs.change_tickets(change_id))


@pytest.mark.slow
@pytest.mark.parametrize("way", ["change", "undo"])
def test_whoever_dies_changes_and_tells_nothing_twice(
    app: Flask, cast: Cast, settings: dict[str, str], way: str
) -> None:
    change = begin(app, cast)
    if way == "undo":
        with app.app_context():
            jobs.change_tickets(change.id)
        undo(app, cast, change.token)
    killed, count, done = 0, 1, 0
    while state_of(app, change.id)[0] in {BulkState.RUNNING, BulkState.UNDOING}:
        with forked(settings, work_and_die, change.id, count) as process:
            wait_for(lambda one=process: one.exitcode is not None, "the end of the process")
            killed += process.exitcode != 0
        events, mails, counted = told(app)
        _state, changed, undone = state_of(app, change.id)
        assert sum(events.values()) == changed + undone
        assert (mails, counted) == (changed, changed - undone)
        # Each batch is died in from its beginning.
        count = 1 if changed + undone > done else count + STEP
        done = changed + undone
    assert killed >= 4
    expected = (BulkState.UNDONE, 3, 3) if way == "undo" else (BulkState.DONE, 3, 0)
    assert state_of(app, change.id) == expected
    assert set(told(app)[0].values()) == {2 if way == "undo" else 1}


def test_several_workers_change_each_ticket_once(app: Flask, cast: Cast) -> None:
    change = begin(app, cast, 12)
    together = Barrier(3)

    def work() -> None:
        together.wait(PATIENCE)
        with app.app_context():
            jobs.change_tickets(change.id)

    with ThreadPoolExecutor(3) as pool:
        for one in [pool.submit(work) for _ in range(3)]:
            one.result()
    events, mails, counted = told(app)
    assert set(events.values()) == {1}
    assert (mails, counted, state_of(app, change.id)) == (12, 12, (BulkState.DONE, 12, 0))


def test_it_is_enqueued_and_gives_way_to_others_in_turn(
    app: Flask, cast: Cast, queue: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = begin(app, cast)
    queue.flushdb()
    monkeypatch.setattr(jobs, "_TURN_SECONDS", -1.0)
    with app.app_context():
        jobs.change_tickets(change.id)
    assert state_of(app, change.id) == (BulkState.RUNNING, 2, 0)
    assert enqueued(queue) == [f"jobs.bulk.change_tickets({change.id})"]


def test_a_lost_job_is_found_by_the_sweep_once_nobody_works_on_it(
    app: Flask, cast: Cast, queue: Redis
) -> None:
    change = begin(app, cast)
    queue.flushdb()
    with app.app_context():
        enqueue_bulk_changes()
    assert enqueued(queue) == []
    with factories.writing(app):
        db.session.execute(update(BulkChange).values(due_at=clock.now()))
    with app.app_context():
        enqueue_bulk_changes()
    assert enqueued(queue) == [f"jobs.bulk.change_tickets({change.id})"]


def test_what_changes_between_two_batches_is_left_alone(app: Flask, cast: Cast) -> None:
    change = begin(app, cast)
    with app.app_context():
        assert jobs.work_on(change.id) is True
    with factories.writing(app):
        last = db.session.scalars(select(Ticket).order_by(Ticket.id.desc())).first()
        tickets.assign(actor=cast.sam, ticket=last, assignee=db.session.get_one(User, cast.sam.id))
    with app.app_context():
        assert jobs.work_on(change.id) is False
        assert last is not None
        assert db.session.get_one(Ticket, last.id).assignee_id == cast.sam.id
    assert state_of(app, change.id) == (BulkState.DONE, 2, 0)


def enqueued(queue: Redis) -> list[str]:
    """The jobs of changes."""
    found = [queue.hget(key, "description").decode() for key in queue.keys("rq:job:*")]
    return [text for text in found if "bulk" in text]


@pytest.mark.slow
@pytest.mark.databases("sqlite")
def test_five_thousand_are_changed_and_brought_back(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Values, times and counts; made without their messages, which nothing here reads."""
    monkeypatch.setattr(bulk_batches, "BATCH", 25)
    monkeypatch.setattr(jobs, "_TURN_SECONDS", PATIENCE)
    moment = clock.now() - timedelta(days=30)
    with factories.writing(app):
        for number in range(5000):
            db.session.add(
                Ticket(
                    organization_id=cast.ann.organization_id,
                    requester_id=cast.ann.id,
                    subject=f"Matter {number}",
                    status="open",
                    version=1,
                    created_at=moment,
                    updated_at=moment + timedelta(minutes=number),
                    last_message_id=0,
                )
            )
        counts.apply(Counter({CountKey("open", int(Priority.MEDIUM), 0): 5000}))
        db.session.flush()
        wanted = TicketFilter(view=View.UNSOLVED, status="open")
        change = bulk.start(
            actor=cast.sam,
            listed=[
                Chosen(one.id, one.version, one.updated_at)
                for one in ticket_list.every(cast.sam, wanted, limit=bulk.MAX_LISTED)
            ],
            action=BulkAction.PRIORITY,
            value=Priority.URGENT,
        )
    before = rows(app)
    with app.app_context():
        jobs.change_tickets(change.id)
    assert state_of(app, change.id) == (BulkState.DONE, 5000, 0)
    assert {priority for _id, priority, _moment in rows(app)} == {Priority.URGENT}
    undo(app, cast, change.token)
    with app.app_context():
        jobs.change_tickets(change.id)
    assert state_of(app, change.id) == (BulkState.UNDONE, 5000, 5000)
    assert rows(app) == before
    with app.app_context():
        counted = select(TicketCount.priority, TicketCount.tickets).where(TicketCount.tickets != 0)
        assert db.session.execute(counted).all() == [(Priority.MEDIUM, 5000)]


def rows(app: Flask) -> list[tuple[int, int, datetime]]:
    """Id, priority and time of each ticket."""
    with app.app_context():
        query = select(Ticket.id, Ticket.priority, Ticket.updated_at).order_by(Ticket.id)
        return [tuple(row) for row in db.session.execute(query)]
