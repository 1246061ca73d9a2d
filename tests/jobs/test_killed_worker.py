"""Workers that die or freeze in the middle of sending: at least once, one Message-ID, few copies.

The workers are real processes, killed and stopped by real signals, while a real mail server
keeps them waiting. A process started anew is what the supervisor would start.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from multiprocessing.context import ForkServerProcess

import pytest
from flask import Flask

from jobs.outbox import deliver
from portal import clock
from portal.extensions import db
from portal.mail.transport import open_transport
from portal.models.delivery import Outbox, OutboxState
from tests import factories
from tests.cast import Cast
from tests.forked import ended, forked
from tests.smtp_sink import Sink, sink
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.slow

# In seconds; half of it is what the sending of one mail may take. The short one is for somebody
# frozen until that time is over.
LEASE, SHORT_LEASE = 120, 10
Start = Callable[..., AbstractContextManager[ForkServerProcess]]


@pytest.fixture
def server(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    with sink() as running:
        transport = open_transport(f"smtp://127.0.0.1:{running.port}?tls=0")
        monkeypatch.setitem(app.extensions, "lodge.mail", transport)
        yield running


@pytest.fixture
def receipt(app: Flask, cast: Cast) -> int:
    """The id of the mail that tells Bob that his ticket is there."""
    factories.file_ticket(app, cast.bob)
    with app.app_context():
        query = db.select(Outbox.id).where(Outbox.template == "ticket_filed")
        return db.session.scalars(query).one()


@pytest.fixture
def worker(settings: dict[str, str], server: Sink) -> Start:
    """`with worker(id, lease) as process:` a process of its own that delivers this mail."""

    def start(outbox_id: int, lease: int = LEASE) -> AbstractContextManager[ForkServerProcess]:
        environment = {
            **settings,
            "MAIL_URL": f"smtp://127.0.0.1:{server.port}?tls=0",
            "OUTBOX_LEASE_SECONDS": str(lease),
        }
        return forked(environment, deliver, outbox_id)

    return start


def row(app: Flask, outbox_id: int) -> Outbox:
    with app.app_context():
        return db.session.get_one(Outbox, outbox_id)


def let_lease_run_out(app: Flask, outbox_id: int) -> None:
    """As if the dead worker's time had passed."""
    with factories.writing(app):
        lost = db.update(Outbox).where(Outbox.id == outbox_id, Outbox.lease.is_not(None))
        db.session.execute(lost.values(due_at=clock.now()))


def run_until_sent(app: Flask, outbox_id: int) -> None:
    """Deliver as the sweep would: now, and again until the other's lease has run out."""
    deadline = time.monotonic() + PATIENCE
    with app.app_context():
        while row(app, outbox_id).state != OutboxState.SENT:
            assert time.monotonic() < deadline
            deliver(outbox_id)
            time.sleep(0.1)


def test_a_worker_killed_before_its_answer_costs_a_copy_and_no_mail(
    app: Flask, server: Sink, receipt: int, worker: Start
) -> None:
    server.answer_after = PATIENCE
    with worker(receipt) as process:
        server.wait_for(1)
        process.kill()
        process.join(PATIENCE)
    assert row(app, receipt).state == OutboxState.PENDING
    server.answer_after = 0
    let_lease_run_out(app, receipt)
    run_until_sent(app, receipt)
    assert server.ids == [row(app, receipt).message_id] * 2


def test_copies_are_no_more_than_kills(
    app: Flask, server: Sink, receipt: int, worker: Start
) -> None:
    server.answer_after = PATIENCE
    kills = 2
    for kill in range(1, kills + 1):
        with worker(receipt) as process:
            server.wait_for(kill)
            process.kill()
            process.join(PATIENCE)
        let_lease_run_out(app, receipt)
    server.answer_after = 0
    run_until_sent(app, receipt)
    run_until_sent(app, receipt)
    assert len(server.ids) == kills + 1
    assert set(server.ids) == {row(app, receipt).message_id}


def test_a_worker_killed_before_it_hands_over_costs_nothing(
    app: Flask, server: Sink, receipt: int, worker: Start
) -> None:
    server.rcpt_after = PATIENCE
    with worker(receipt) as process:
        assert server.asked.wait(PATIENCE)
        process.kill()
        process.join(PATIENCE)
    server.rcpt_after = 0
    let_lease_run_out(app, receipt)
    run_until_sent(app, receipt)
    assert server.ids == [row(app, receipt).message_id]


# Its own time is over, of which no database has to tell.
@pytest.mark.databases("sqlite")
def test_a_worker_frozen_before_it_hands_over_sends_nothing_when_it_wakes(
    app: Flask, server: Sink, receipt: int, worker: Start
) -> None:
    server.rcpt_after = PATIENCE
    with worker(receipt, SHORT_LEASE) as process:
        assert server.asked.wait(PATIENCE)
        os.kill(process.pid or 0, signal.SIGSTOP)
        over = time.monotonic() + SHORT_LEASE / 2
        server.rcpt_after = 0
        let_lease_run_out(app, receipt)
        run_until_sent(app, receipt)
        wait_for(lambda: time.monotonic() > over, "out of time")
        settled = row(app, receipt)
        os.kill(process.pid or 0, signal.SIGCONT)
        assert ended(process) == 0
    after = row(app, receipt)
    assert server.ids == [settled.message_id]
    assert (after.state, after.sent_at, after.error, after.attempts) == (
        OutboxState.SENT,
        settled.sent_at,
        None,
        2,
    )


def test_a_worker_frozen_while_it_waits_for_the_answer_does_not_mark_or_send_again(
    app: Flask, server: Sink, receipt: int, worker: Start
) -> None:
    server.answer_after = PATIENCE
    with worker(receipt) as process:
        server.wait_for(1)
        os.kill(process.pid or 0, signal.SIGSTOP)
        server.answer_after = 0
        let_lease_run_out(app, receipt)
        run_until_sent(app, receipt)
        settled = row(app, receipt)
        os.kill(process.pid or 0, signal.SIGCONT)
        assert ended(process) == 0
    after = row(app, receipt)
    assert server.ids == [settled.message_id] * 2
    assert (after.sent_at, after.attempts) == (settled.sent_at, 2)
