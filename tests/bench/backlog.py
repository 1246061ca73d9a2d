"""`python -m tests.bench.backlog`: how fast workers drain mail that is owed, on both databases.

An answer to one ticket is owed to many people. Real workers, and a mail server on loopback that
takes everything at once. Fails when a mail does not come, or comes twice.
"""

import argparse
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask
from sqlalchemy import delete, func, select

from portal import config
from portal.cli import migrations
from portal.extensions import db
from portal.models.delivery import Outbox, OutboxState
from portal.models.tickets import TicketEvent
from portal.services.delivery.outbox import Mail, schedule_mails
from tests import factories
from tests.bench import serve, store
from tests.bench.mail_server import mail_server
from tests.cast import make_cast
from tests.servers import queue_server, running
from tests.waiting import wait_for

_BATCH = 1000
_LONGEST = 1800.0


def main() -> int:
    """Answers 1 when mail was lost or doubled."""
    wanted = _arguments()
    print("| database | workers | mails | seconds | mails a second | CPU ms a mail | connections |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    exact = [
        _measure(kind, workers, wanted.mails)
        for kind in wanted.databases
        for workers in wanted.workers
    ]
    return 0 if all(exact) else 1


def _measure(kind: str, workers: int, mails: int) -> bool:
    """Print a line of the table; answers whether each mail came once."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="lodge-backlog-")))
        folder.chmod(0o711)  # PostgreSQL's own user has to get through
        url = stack.enter_context(store.empty_database(kind, folder))
        server, queue = stack.enter_context(mail_server()), stack.enter_context(queue_server())
        settings = store.settings(url, folder, queue)
        settings["MAIL_URL"] = f"smtp://127.0.0.1:{server.port}?tls=0"
        app = store.application(settings)
        _owe(app, mails)
        pids = [
            stack.enter_context(_worker(folder / f"worker-{number}", settings))
            for number in range(workers)
        ]
        store.wait_for_workers(queue, workers)
        before, began, cpu = server.taken, time.monotonic(), _cpu(pids)
        wait_for(lambda: server.taken >= mails, f"{mails} mails", _LONGEST)
        seconds, cpu = time.monotonic() - began, _cpu(pids) - cpu
        wait_for(lambda: _pending(app) == 0, "settled")
    measured = mails - before
    print(
        f"| {kind} | {workers} | {measured:,} | {seconds:.1f} | {measured / seconds:.0f} "
        f"| {cpu * 1000 / measured:.1f} | {server.connections:,} |",
        flush=True,
    )
    return server.taken == server.different == mails


def _owe(app: Flask, mails: int) -> None:
    with app.app_context():
        migrations.upgrade(app)
    cast = make_cast(app)
    ticket = factories.file_ticket(app, cast.bob)
    factories.post_comment(app, cast.sam, ticket, "We are on our way. " * 20)
    with factories.writing(app):
        event = db.session.scalar(select(func.max(TicketEvent.id)))
        db.session.execute(delete(Outbox))
        everybody = [
            Mail("reply", f"person-{number}@example.com", cast.bob.id, event)
            for number in range(mails)
        ]
        for start in range(0, mails, _BATCH):
            schedule_mails(*everybody[start : start + _BATCH])
        # Nothing is enqueued: as after an hour without a queue server.
        app.extensions["lodge.enqueuer"].enqueue_all = lambda *_: True
    with app.app_context():
        db.engine.dispose()


def _pending(app: Flask) -> int:
    with app.app_context():
        found = db.session.scalar(select(func.count()).where(Outbox.state == OutboxState.PENDING))
        db.session.remove()
        db.engine.dispose()
    return found or 0


@contextmanager
def _worker(folder: Path, settings: dict[str, str]) -> Iterator[int]:
    """A worker's process id."""
    folder.mkdir()
    command: list[str | Path] = [sys.executable, "-m", "jobs.worker"]
    environment = {**os.environ, **settings, "PYTHONPATH": str(config.ROOT)}
    with running(command, folder, stop=signal.SIGTERM, env=environment) as process:
        yield process.pid


def _cpu(pids: list[int]) -> float:
    """Seconds that the workers and their forks have spent."""
    return sum(map(serve.family_cpu, pids))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.backlog", description=__doc__)
    parser.add_argument("--mails", type=int, default=10_000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 3])
    parser.add_argument("--databases", nargs="+", choices=store.KINDS, default=list(store.KINDS))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
