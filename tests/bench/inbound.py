"""`python -m tests.bench.inbound`: how fast mail that comes in is taken and read.

A mail server brings mails of all kinds by LMTP, some of them of 24 MB, to the real receiver; the
real worker reads them meanwhile. Fails when one is lost or doubled, when the worker spends more
CPU than it may, or it and its parser take more memory.
"""

import argparse
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask
from sqlalchemy import func, select

from portal import config
from portal.cli import migrations
from portal.extensions import db
from portal.models.inbound import InboundMessage, InboundState
from portal.models.tickets import Comment
from tests.bench import serve, store
from tests.inbound.mails import DESK
from tests.inbound.mixed import Mixed, mixed
from tests.mail_bringer import Bringer
from tests.servers import queue_server, running
from tests.waiting import wait_for

_CONNECTIONS = 4
# Within an hour one sender may write thirty.
_MAILS_OF_A_SENDER = 25
_LARGE, _LARGE_BYTES = 5, 18_000_000  # 24 MB as a mail
_LONGEST = 3600.0
LEAST_A_SECOND, MOST_MEGABYTES = 40.0, 250.0


def main() -> int:
    """Answers 1 when a bar is not passed."""
    wanted = _arguments()
    passed = [_measure(kind, wanted.mails) for kind in wanted.databases]
    return 0 if all(passed) else 1


@dataclass
class _Peak:
    """The most memory that worker, fork and parser have had together, what they share once."""

    pid: int
    megabytes: float = 0.0

    def watch(self, over: threading.Event) -> None:
        while not over.wait(0.05):
            found = 0.0
            for pid in _family(self.pid):
                with suppress(OSError, RuntimeError):  # it has ended
                    found += serve.memory(pid, "Pss")
            self.megabytes = max(self.megabytes, found)


def _family(pid: int) -> list[int]:
    with suppress(OSError):
        return [pid, *(one for child in serve.children(pid) for one in _family(child))]
    return []


def _measure(kind: str, mails: int) -> bool:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="lodge-inbound-")))
        folder.chmod(0o711)  # PostgreSQL's own user has to get through
        settings = store.settings(
            stack.enter_context(store.empty_database(kind, folder)),
            folder,
            stack.enter_context(queue_server()),
        )
        socket = folder / "inbound.sock"
        settings |= {"INBOUND_URL": f"lmtp+unix://{socket}", "SUPPORT_EMAIL": DESK}
        app = store.application(settings)
        with app.app_context():
            migrations.upgrade(app)
            db.engine.dispose()
        worker = stack.enter_context(_program("jobs.worker", folder, settings))
        receiver = stack.enter_context(_program("jobs.inbound", folder, settings))
        wait_for(socket.exists, "listening")
        store.wait_for_workers(settings["REDIS_URL"], 1)
        # Without what it costs to start.
        started = serve.family_cpu(worker), serve.family_cpu(receiver)
        began, over, peak = time.monotonic(), threading.Event(), _Peak(worker)
        watching = threading.Thread(target=peak.watch, args=(over,))
        watching.start()
        markers = _bring(socket, mails)
        brought = time.monotonic() - began
        while _waiting(app):
            assert time.monotonic() < began + _LONGEST, "mails were not read in time"
            time.sleep(1.0)
        seconds = time.monotonic() - began
        over.set()
        watching.join()
        cpu = serve.family_cpu(worker) - started[0], serve.family_cpu(receiver) - started[1]
        wrong = _wrong(app, mails, markers)
    rate = mails / cpu[0]
    print(
        f"{kind}: {mails:,} mails brought in {brought:.0f} s, read after {seconds:.0f} s; "
        f"{rate:.0f} a second of the worker's CPU, {mails / cpu[1]:.0f} of the receiver's; "
        f"worker and parser {peak.megabytes:.0f} MB",
        *wrong,
        sep="\n",
        flush=True,
    )
    return not wrong and rate >= LEAST_A_SECOND and peak.megabytes <= MOST_MEGABYTES


def _bring(socket: Path, mails: int) -> list[str]:
    """Bring them over some connections at once; the markers of those that have one."""
    made = mixed(
        mails,
        senders=max(1, mails // _MAILS_OF_A_SENDER),
        large_every=max(1, mails // _LARGE),
        large_bytes=_LARGE_BYTES,
    )
    lock = threading.Lock()

    def one() -> Mixed | None:
        with lock:
            return next(made, None)

    def bring() -> list[str]:
        markers = []
        with Bringer(socket) as bringer:
            while (mail := one()) is not None:
                [said] = bringer.bring(mail.raw, DESK, sender=mail.sender)
                assert said.startswith("250"), said
                markers.append(mail.marker)
        return markers

    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        threads = [pool.submit(bring) for _ in range(_CONNECTIONS)]
        return [marker for thread in threads for marker in thread.result() if marker]


def _waiting(app: Flask) -> int:
    with app.app_context():
        waits = InboundMessage.state == InboundState.RECEIVED
        return db.session.scalar(select(func.count()).where(waits)) or 0


def _wrong(app: Flask, mails: int, markers: list[str]) -> list[str]:
    """What was lost, doubled or failed, in sentences."""
    with app.app_context():
        states = Counter(db.session.scalars(select(InboundMessage.state)))
        written = Counter(
            text.partition(":")[0] for text in db.session.scalars(select(Comment.message))
        )
    print(dict(states))
    found = []
    if states.total() != mails:
        found.append(f"{states.total()} of {mails} mails are there")
    if lost := [one for one in markers if not written[one]]:
        found.append(f"{len(lost)} are in no conversation, such as {lost[0]}")
    if doubled := [one for one in markers if written[one] > 1]:
        found.append(f"{len(doubled)} are there twice, such as {doubled[0]}")
    return found


@contextmanager
def _program(module: str, folder: Path, settings: dict[str, str]) -> Iterator[int]:
    """The process id of one of our programs."""
    own = folder / module
    own.mkdir()
    environment = {**os.environ, **settings, "PYTHONPATH": str(config.ROOT)}
    command: list[str | Path] = [sys.executable, "-m", module]
    with running(command, own, stop=signal.SIGTERM, env=environment) as process:
        yield process.pid


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.inbound", description=__doc__)
    parser.add_argument("--mails", type=int, default=10_000)
    parser.add_argument("--databases", nargs="+", choices=store.KINDS, default=list(store.KINDS))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
