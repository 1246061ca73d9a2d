"""A mail server brings mails to a whole desk, of which parts are killed: each is read, and once."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from portal import clock
from portal.cli import migrations
from portal.extensions import begin_write, db
from portal.models.inbound import InboundMessage, InboundState
from portal.models.tickets import Comment
from tests.conftest import MakeApp
from tests.flows.cluster import Cluster
from tests.flows.desk import LEASE, Desk
from tests.flows.desk import desk as make_desk
from tests.inbound.mails import DESK
from tests.inbound.mixed import Mixed, mixed
from tests.mail_bringer import Bringer
from tests.servers import create_database
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.slow

CONNECTIONS = 3


class Queue:
    """The mails that a mail server still has. It keeps each until somebody else does."""

    def __init__(self, desk: Desk, mails: list[Mixed]) -> None:
        self.mails = mails
        self.taken = 0
        self._desk, self._left = desk, list(reversed(mails))
        self._lock = threading.Lock()

    def work(self) -> None:
        """Bring mails until none is left, over a new connection when one broke."""
        while self._left:
            with suppress(OSError), Bringer(self._desk.inbound_place) as bringer:
                self._bring(bringer)
            time.sleep(0.02)

    def _bring(self, bringer: Bringer) -> None:
        while self._left:
            with self._lock, suppress(IndexError):
                mail = self._left.pop()
            said = ""
            try:
                said = bringer.bring(mail.raw, DESK, sender=mail.sender)[0]
            finally:
                with self._lock:
                    if said.startswith("250"):
                        self.taken += 1
                    else:
                        assert said[:1] in {"", "4"}, said
                        self._left.append(mail)
            if not said:
                return

    def wait_for(self, share: float) -> None:
        """Wait until so much of them was taken."""
        wait_for(lambda: self.taken >= share * len(self.mails), f"{share} of the mails")


@contextmanager
def bringing(desk: Desk, mails: list[Mixed]) -> Iterator[Queue]:
    """Mails are brought while the block goes on, and all of them at its end."""
    queue = Queue(desk, mails)
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        work = [pool.submit(queue.work) for _ in range(CONNECTIONS)]
        yield queue
        for one in work:
            one.result(PATIENCE)


def start(desk: Desk) -> None:
    """What has to do with mail that comes in."""
    desk.mail.open()
    desk.start_queue()
    desk.worker.start()
    desk.start_inbound()


def wait_until_read(app: Flask, desk: Desk) -> None:
    """Leases of those who died have run out, and sweeps come early."""

    def is_read() -> bool:
        with app.app_context():
            waits = InboundMessage.state == InboundState.RECEIVED
            if not db.session.scalar(select(func.count()).where(waits)):
                return True
            begin_write()
            # Whoever lives is done with any of these mails in less time.
            late = InboundMessage.due_at < clock.now() + timedelta(seconds=LEASE / 3)
            dead = waits & late & InboundMessage.lease.is_not(None)
            db.session.execute(update(InboundMessage).where(dead).values(due_at=clock.now()))
            db.session.commit()
        desk.sweep_early()
        time.sleep(0.5)
        return False

    wait_for(is_read, "read")


def check_once(app: Flask, mails: list[Mixed]) -> None:
    with app.app_context():
        states = Counter(db.session.scalars(select(InboundMessage.state)))
        said = db.session.scalars(select(Comment.message))
        written = Counter(text.partition(":")[0] for text in said)
    assert states.total() == len(mails), states
    assert not states[InboundState.FAILED]
    assert {one.marker: written[one.marker] for one in mails if one.marker} == {
        one.marker: 1 for one in mails if one.marker
    }


def test_two_hundred_mails_of_all_kinds_are_read_once(app: Flask, desk: Desk) -> None:
    mails = list(mixed(200, senders=10, large_every=150, large_bytes=4_000_000))
    start(desk)
    with bringing(desk, mails):
        pass
    wait_until_read(app, desk)
    check_once(app, mails)


def test_whoever_is_killed_or_away_no_mail_is_lost_or_doubled(app: Flask, desk: Desk) -> None:
    mails = list(mixed(80, senders=10, large_every=50, large_bytes=300_000))
    start(desk)
    with bringing(desk, mails) as queue:
        queue.wait_for(0.1)
        desk.inbound.kill()
        desk.start_inbound()
        queue.wait_for(0.3)
        desk.lose_queue()
        queue.wait_for(0.5)
        desk.inbound.kill()
        desk.start_inbound()
        desk.start_queue()
        queue.wait_for(0.7)
        desk.kill_worker()
        queue.wait_for(0.9)
        desk.kill_worker()
    wait_until_read(app, desk)
    check_once(app, mails)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_while_the_database_is_away_mails_wait_at_their_server(
    own_cluster: Cluster, settings: dict[str, str], another_app: MakeApp, tmp_path: Path
) -> None:
    own = {
        "DATABASE_URL": create_database(own_cluster.address, "lodge"),
        "FILES_URL": f"file://{tmp_path}/files",
    }
    app = another_app(**own)
    with app.app_context():
        migrations.upgrade(app)
        db.engine.dispose()
    mails = list(mixed(40, senders=10, large_every=30, large_bytes=300_000))
    with make_desk({**settings, **own}) as desk:
        start(desk)
        with bringing(desk, mails) as queue:
            queue.wait_for(0.3)
            own_cluster.kill()
            with Bringer(desk.inbound_place) as bringer:
                assert bringer.address(DESK)[0].startswith("451 4.3.0")
            own_cluster.start()
        wait_until_read(app, desk)
        check_once(app, mails)
        with app.app_context():
            db.engine.dispose()
