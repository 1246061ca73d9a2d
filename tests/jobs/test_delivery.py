"""The loop: strangers are waited for side by side, but one after the other where it is the same."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from redis import Redis

from jobs import webhooks as jobs
from portal.extensions import db
from portal.models.delivery import OutboxState
from portal.models.webhooks import WebhookDelivery
from portal.queries.webhooks import deliveries as queries
from portal.queueing import BACKLOG_QUEUE
from portal.services.delivery.leases import Lease
from tests import factories
from tests.cast import Cast
from tests.jobs.conftest import Allowed
from tests.waiting import PATIENCE, wait_for
from tests.webhook_receiver import Receiver
from tests.webhooks import CreatedWebhook, attempts, create_webhook, deliver_due, deliveries


@pytest.fixture(autouse=True)
def _long_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_TURN_SECONDS", PATIENCE)


@contextmanager
def turn(app: Flask, hook: CreatedWebhook) -> Iterator[None]:
    """A worker that has a turn meanwhile; it has ended when the block has."""

    def work() -> None:
        with app.app_context():
            jobs.deliver(hook.id, 0)

    worker = threading.Thread(target=work)
    worker.start()
    yield
    worker.join(PATIENCE)
    assert not worker.is_alive()


def subjects(receiver: Receiver) -> list[str]:
    return [taken.json["data"]["ticket"]["subject"] for taken in receiver.taken]


def test_a_receiver_that_takes_its_time_holds_up_nobody_else(
    app: Flask, cast: Cast, hooked: Receiver, another: Allowed
) -> None:
    quick = another()
    slow = create_webhook(app, cast.ann, hooked.url)
    create_webhook(app, cast.ada, quick.url, desk=True)
    hooked.after = PATIENCE
    for subject in ("one", "two"):
        factories.file_ticket(app, cast.ann, subject)
    with turn(app, slow):
        hooked.wait_for(1)
        quick.wait_for(2)
        factories.file_ticket(app, cast.ann, "three")
        quick.wait_for(3)
        assert subjects(hooked) == ["one"], "it is still at the first"
        hooked.after = 0.3
        hooked.wait_for(2)
        hooked.after = 0
    assert subjects(quick) == subjects(hooked) == ["one", "two", "three"]
    assert max(attempt.milliseconds for attempt in attempts(app)) >= 300
    assert {row.state for row in deliveries(app)} == {OutboxState.SENT}


def test_events_of_one_webhook_go_one_after_the_other_with_two_workers_too(
    app: Flask, cast: Cast, hooked: Receiver
) -> None:
    hook = create_webhook(app, cast.ann, hooked.url)
    hooked.after = PATIENCE
    for subject in ("one", "two", "three"):
        factories.file_ticket(app, cast.ann, subject)
    with turn(app, hook):
        hooked.wait_for(1)
        with app.app_context():
            jobs.deliver(hook.id, 1)
        deliver_due(app)
        assert subjects(hooked) == ["one"]
        hooked.after = 0
    assert subjects(hooked) == ["one", "two", "three"]


def test_a_sweep_that_runs_out_of_time_asks_for_a_turn(
    app: Flask, cast: Cast, hooked: Receiver, queue: Redis
) -> None:
    hook = create_webhook(app, cast.ann, hooked.url)
    for subject in ("one", "two"):
        factories.file_ticket(app, cast.ann, subject)
    queue.flushdb()
    deliver_due(app, turn=-1.0)
    assert subjects(hooked) == ["one"]
    assert queue.lrange(f"rq:queue:{BACKLOG_QUEUE}", 0, -1) == [f"webhook-{hook.id}-0".encode()]


def test_no_more_strangers_are_waited_for_at_once_than_allowed(
    app: Flask, cast: Cast, another: Allowed, monkeypatch: pytest.MonkeyPatch
) -> None:
    receivers = [another() for _ in range(5)]
    for receiver in receivers:
        create_webhook(app, cast.ann, receiver.url)
    factories.file_ticket(app, cast.ann)
    whole, counted, now, most = jobs.outbound.post, threading.Lock(), [0], [0]
    leased = []

    def post(url: str, body: bytes, headers: dict[str, str], *, within: float) -> int:
        with counted:
            now[0] += 1
            most[0] = max(most[0], now[0])
        wait_for(lambda: most[0] == 2, "a second one beside it")
        leased.append(sum(row.lease is not None for row in deliveries(app)))
        try:
            return whole(url, body, headers, within=within)
        finally:
            with counted:
                now[0] -= 1

    monkeypatch.setattr(jobs.outbound, "post", post)
    monkeypatch.setattr(jobs.EventHandler, "at_once", 2)
    deliver_due(app)
    assert (most, max(leased)) == ([2], 2), "what is not being sent yet is for other workers"
    assert [len(receiver.taken) for receiver in receivers] == [1] * 5


def test_what_is_sent_meanwhile_is_settled_though_nothing_more_can_be_claimed(
    app: Flask, cast: Cast, hooked: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = create_webhook(app, cast.ann, hooked.url)
    hooked.after = PATIENCE
    factories.file_ticket(app, cast.ann)
    asked = threading.Event()

    def broken() -> list[int]:
        asked.set()
        raise ZeroDivisionError

    monkeypatch.setattr(queries, "webhooks_with_due", broken)
    with turn(app, hook):
        hooked.wait_for(1)
        assert asked.wait(PATIENCE)
        hooked.after = 0
    assert [row.state for row in deliveries(app)] == [OutboxState.SENT]
    assert len(hooked.taken) == 1


def test_one_that_cannot_be_settled_is_tried_again_and_the_others_are_settled(
    app: Flask, cast: Cast, hooked: Receiver, another: Allowed, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = create_webhook(app, cast.ann, hooked.url)
    create_webhook(app, cast.ann, another().url)
    factories.file_ticket(app, cast.ann)
    whole = jobs.deliveries.record

    def record(lease: Lease, outcome: jobs.Outcome) -> None:
        if db.session.get_one(WebhookDelivery, lease.row_id).webhook_id == bad.id:
            raise ZeroDivisionError
        whole(lease, outcome)

    monkeypatch.setattr(jobs.deliveries, "record", record)
    deliver_due(app)
    states = {row.webhook_id == bad.id: (row.state, row.lease) for row in deliveries(app)}
    assert states == {True: (OutboxState.PENDING, None), False: (OutboxState.SENT, None)}
