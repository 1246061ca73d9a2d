"""`python -m jobs.worker`: works, waits for its queue server, ends as it is told."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest
from flask import Flask
from rq import Queue, Worker
from rq.worker import WorkerStatus

from jobs.worker import main
from portal.queueing import QUEUE, connect
from tests import factories
from tests.architecture.source import ROOT
from tests.cast import Cast
from tests.forked import ended, forked
from tests.servers import queue_server
from tests.waiting import PATIENCE, wait_for
from tests.webhook_receiver import receiver
from tests.webhooks import create_webhook

pytestmark = [
    pytest.mark.slow,
    # Desks with a worker are on both kinds of database: tests/flows.
    pytest.mark.databases("postgresql"),
]

Start = Callable[..., AbstractContextManager[ForkServerProcess]]


@pytest.fixture
def worker(app: Flask, settings: dict[str, str]) -> Start:
    """`with worker(REDIS_URL=…) as process:` a worker of its own on the test's database."""

    def start(**changed: str) -> AbstractContextManager[ForkServerProcess]:
        return forked({**settings, **changed}, main)

    return start


def idle_workers(url: str) -> int:
    with connect(url, timeout=PATIENCE) as connection:
        found = Worker.all(queue=Queue(QUEUE, connection=connection))
        return sum(worker.get_state() == WorkerStatus.IDLE for worker in found)


def test_what_was_owed_before_the_worker_came_is_sent(
    app: Flask, cast: Cast, worker: Start, queue_url: str, mail_folder: Path
) -> None:
    factories.file_ticket(app, cast.bob)
    with connect(queue_url, timeout=PATIENCE) as connection:
        connection.flushdb()  # nothing is enqueued: the sweep has to find the mails
    with worker():
        wait_for(lambda: len(list(mail_folder.glob("*.eml"))) == 2, "sent")


def test_webhooks_are_called_by_the_same_worker(
    app: Flask, cast: Cast, worker: Start, queue_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiver() as server:
        monkeypatch.setitem(app.config, "OUTBOUND_ALLOW", frozenset({("127.0.0.1", server.port)}))
        hook = create_webhook(app, cast.ann, server.url)
        for _ in range(3):
            factories.file_ticket(app, cast.bob)
        with worker(OUTBOUND_ALLOW=f"127.0.0.1:{server.port}"):
            wait_for(lambda: len(server.taken) == 3, "called")
            with connect(queue_url, timeout=PATIENCE) as connection:
                # A turn that were remembered would be the last one.
                wait_for(lambda: not connection.keys("rq:job:webhook-*"), "forgotten")
    assert all(taken.signed_with(hook.secret) for taken in server.taken)


def test_it_works_again_when_the_queue_server_was_away(app: Flask, worker: Start) -> None:
    with queue_server() as url:
        path = Path(url.removeprefix("unix://").partition("?")[0])
        with worker(REDIS_URL=url) as process:
            wait_for(lambda: idle_workers(url) == 1, "working")
            with connect(url, timeout=PATIENCE) as connection:
                # What a restart looks like to its clients: connections cut, nothing remembered.
                connection.flushall()
                connection.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            wait_for(lambda: idle_workers(url) == 1, "working again")
            assert process.is_alive()
            assert path.is_socket()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_worker_ends_at_once_with_exit_code_zero(
    worker: Start, queue_url: str, number: signal.Signals
) -> None:
    with worker() as process:
        wait_for(lambda: idle_workers(queue_url) == 1, "working")
        os.kill(process.pid or 0, number)
        assert ended(process) == 0
    assert idle_workers(queue_url) == 0


def test_a_worker_that_cannot_be_configured_says_so_in_one_line(
    settings: dict[str, str],
) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "jobs.worker"],
        cwd=ROOT,
        env={**os.environ, **settings, "SECRET_KEY": ""},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert told.returncode == 1
    assert told.stderr.startswith("lodge: SECRET_KEY is not set")
    assert told.stderr.count("\n") == 1
