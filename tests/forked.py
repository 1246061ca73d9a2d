"""Processes forked from one that has imported our code: real ones, to be killed and frozen.

A new interpreter takes more than two seconds of CPU until it has imported everything. The process
that these are forked from has made nothing: no application, no connection.
"""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.context import ForkServerProcess
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path
from typing import Any

from jobs.process import die_with_parent
from tests.waiting import PATIENCE

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(
    [
        "gunicorn.app.wsgiapp",
        "jobs.exports",
        "jobs.receiving.program",
        "jobs.outbox",
        "jobs.rq_worker",
        "jobs.scheduled",
        "jobs.serving.loop",
        "jobs.streaming.program",
        "jobs.sweep",
        "jobs.webhooks",
        "portal.assembly",
    ]
)


@contextmanager
def forked(
    environment: Mapping[str, str], work: Callable[..., object], *args: object
) -> Iterator[ForkServerProcess]:
    """Run `work(*args)` under these settings in a process that is killed when the block ends."""
    process = start(environment, work, *args)
    try:
        yield process
    finally:
        process.kill()
        process.join(PATIENCE)
        process.close()


def start(
    environment: Mapping[str, str],
    work: Callable[..., object],
    *args: object,
    log: Path | None = None,
) -> ForkServerProcess:
    """Run it in a process that the caller ends; with a `log` it leads a session, writes there."""
    process = _context.Process(target=_run, args=(environment, log, work, args))
    process.start()
    return process


def ended(process: ForkServerProcess) -> int | None:
    """Its exit code; None if it has not ended in time."""
    process.join(PATIENCE)
    return process.exitcode


def _run(
    environment: Mapping[str, str],
    log: Path | None,
    work: Callable[..., object],
    args: tuple[Any, ...],
) -> None:
    if log is not None:
        _lead_session(log)
    os.environ.update(environment)
    work(*args)


def _lead_session(log: Path) -> None:
    """Detach from the tests' session; the process still ends with the fork server, and with us."""
    die_with_parent(signal.SIGKILL, os.getppid())
    with open(os.devnull, "rb") as nothing, log.open("ab") as file:
        for source, number in ((nothing, 0), (file, 1), (file, 2)):
            os.dup2(source.fileno(), number)
    os.setsid()


def event() -> Event:
    """An event that such a process can set."""
    return _context.Event()


def barrier(parties: int) -> Barrier:
    """Where so many such processes wait for each other."""
    return _context.Barrier(parties)
