"""Several processes go through one outbox at the same moment: each mail leaves once."""

from collections.abc import Iterator
from contextlib import ExitStack
from multiprocessing.synchronize import Barrier

import pytest
from flask import Flask

from jobs.outbox import send_due
from jobs.running import application
from portal.extensions import db
from portal.models.delivery import Outbox
from tests import factories
from tests.cast import Cast
from tests.forked import barrier, ended, forked
from tests.smtp_sink import Sink, sink
from tests.waiting import PATIENCE

pytestmark = pytest.mark.slow

PROCESSES = 3
TICKETS = 10


@pytest.fixture
def server() -> Iterator[Sink]:
    with sink() as running:
        yield running


def take_turn_together(together: Barrier) -> None:
    """Make an application, and begin when the others have theirs."""
    with application().app_context():
        together.wait(PATIENCE)
        send_due(PATIENCE)


def test_each_mail_is_sent_by_one_of_them(
    app: Flask, cast: Cast, settings: dict[str, str], server: Sink
) -> None:
    for number in range(TICKETS):
        factories.file_ticket(app, cast.bob, f"Radiator {number}")
    environment = {**settings, "MAIL_URL": f"smtp://127.0.0.1:{server.port}?tls=0"}
    together = barrier(PROCESSES)
    with ExitStack() as stack:
        started = [
            stack.enter_context(forked(environment, take_turn_together, together))
            for _ in range(PROCESSES)
        ]
        assert [ended(process) for process in started] == [0] * PROCESSES
    with app.app_context():
        owed = db.session.scalars(db.select(Outbox.message_id)).all()
    assert len(owed) == 2 * TICKETS
    assert sorted(server.ids) == sorted(owed)
