"""Several processes go through one outbox at the same moment: each mail leaves once."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from flask import Flask

from portal.extensions import db
from portal.models.delivery import Outbox
from tests import factories
from tests.architecture.source import ROOT
from tests.cast import Cast
from tests.sink import Sink, sink
from tests.waiting import PATIENCE

pytestmark = pytest.mark.slow

PROCESSES = 3
TICKETS = 10
# Ready when it has said so; begins when it is told to.
_TURN = """
from jobs.outbox import take_turn
from jobs.running import application
with application().app_context():
    print("ready", flush=True)
    input()
    take_turn(120.0)
"""


@pytest.fixture
def workers(settings: dict[str, str], server: Sink) -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that hold an application and wait for a line before they begin."""
    url = f"smtp://127.0.0.1:{server.port}?tls=0"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", _TURN],
            cwd=ROOT,
            env={**os.environ, **settings, "MAIL_URL": url},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    yield started
    for process in started:
        process.kill()
        process.communicate(timeout=PATIENCE)


@pytest.fixture
def server() -> Iterator[Sink]:
    with sink() as running:
        yield running


def test_each_mail_is_sent_by_one_of_them(
    app: Flask, cast: Cast, server: Sink, workers: list[subprocess.Popen[str]]
) -> None:
    for number in range(TICKETS):
        factories.file_ticket(app, cast.bob, f"Radiator {number}")
    for process in workers:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in workers:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    assert [process.wait(PATIENCE) for process in workers] == [0] * PROCESSES
    with app.app_context():
        owed = db.session.scalars(db.select(Outbox.message_id)).all()
    assert len(owed) == 2 * TICKETS
    assert sorted(server.ids) == sorted(owed)
