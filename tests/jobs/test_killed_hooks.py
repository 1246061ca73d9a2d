"""Workers that die while a receiver takes its time: at least once, one event id, few copies."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from multiprocessing.context import ForkServerProcess

import pytest
from flask import Flask

from jobs.webhooks import deliver
from portal import clock
from portal.extensions import db
from portal.models.delivery import OutboxState
from portal.models.webhooks import WebhookDelivery
from tests import factories
from tests.cast import Cast
from tests.forked import ended, forked
from tests.waiting import PATIENCE
from tests.webhook_receiver import Receiver, receiver
from tests.webhooks import CreatedWebhook, create_webhook, deliver_due, deliveries

pytestmark = pytest.mark.slow

LEASE = 120  # in seconds; half of it is what one call may take
Start = Callable[[], AbstractContextManager[ForkServerProcess]]


@pytest.fixture
def server(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with receiver() as running:
        monkeypatch.setitem(app.config, "OUTBOUND_ALLOW", frozenset({("127.0.0.1", running.port)}))
        yield running


@pytest.fixture
def hook(app: Flask, cast: Cast, server: Receiver) -> CreatedWebhook:
    made = create_webhook(app, cast.ann, server.url)
    factories.file_ticket(app, cast.bob)
    return made


@pytest.fixture
def worker(settings: dict[str, str], server: Receiver, hook: CreatedWebhook) -> Start:
    """`with worker() as process:` a process of its own that takes the webhook's turn."""

    def start() -> AbstractContextManager[ForkServerProcess]:
        environment = {
            **settings,
            "OUTBOUND_ALLOW": f"127.0.0.1:{server.port}",
            "OUTBOX_LEASE_SECONDS": str(LEASE),
        }
        return forked(environment, deliver, hook.id, 0)

    return start


def run_until_sent(app: Flask) -> None:
    """As the sweeps would: now, and again."""
    deadline = time.monotonic() + PATIENCE
    while {row.state for row in deliveries(app)} != {OutboxState.SENT}:
        assert time.monotonic() < deadline
        deliver_due(app)
        time.sleep(0.1)


def test_copies_are_no_more_than_kills(app: Flask, server: Receiver, worker: Start) -> None:
    server.after = PATIENCE
    with worker() as process:
        server.wait_for(1)
        process.kill()
        process.join(PATIENCE)
    assert deliveries(app)[0].state == OutboxState.PENDING
    server.after = 0
    with factories.writing(app):  # as if the dead worker's lease had run out
        db.session.execute(db.update(WebhookDelivery).values(due_at=clock.now()))
    run_until_sent(app)
    deliver_due(app)
    assert [taken.id for taken in server.taken] == [deliveries(app)[0].event_key] * 2


def test_a_kill_costs_each_of_those_under_way_a_copy_at_most(
    app: Flask, cast: Cast, server: Receiver, worker: Start
) -> None:
    for number in range(3):
        create_webhook(app, cast.ann, f"{server.url}/{number}")
    factories.file_ticket(app, cast.bob)
    server.after = PATIENCE
    with worker() as process:
        server.wait_for(4)
        process.kill()
        process.join(PATIENCE)
    server.after = 0
    with factories.writing(app):
        db.session.execute(db.update(WebhookDelivery).values(due_at=clock.now()))
    run_until_sent(app)
    deliver_due(app)
    copies = Counter((taken.path, taken.id) for taken in server.taken)
    assert len(copies) == len(deliveries(app)) == 5
    assert sorted(copies.values()) == [1, 2, 2, 2, 2]


def test_two_at_once_send_once(app: Flask, server: Receiver, worker: Start) -> None:
    server.after = 0.2
    with worker() as one, worker() as other:
        assert (ended(one), ended(other)) == (0, 0)
    assert len(server.taken) == 1
    assert deliveries(app)[0].state == OutboxState.SENT
