"""Processes that have our code loaded when they start: real ones, to be killed and frozen.

A process that begins with nothing takes more than two seconds of CPU until it works. These are
forked from one that has imported everything and made nothing: no application, no connection.
"""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.context import ForkServerProcess
from multiprocessing.synchronize import Barrier, Event
from typing import Any

from tests.waiting import PATIENCE

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(
    [
        "portal.assembly",
        "jobs.exports",
        "jobs.outbox",
        "jobs.rq_worker",
        "jobs.sweep",
        "jobs.webhooks",
    ]
)


@contextmanager
def forked(
    environment: Mapping[str, str], work: Callable[..., object], *args: object
) -> Iterator[ForkServerProcess]:
    """`work(*args)` under these settings, in a process that is killed when the block ends."""
    process = _context.Process(target=_run, args=(environment, work, args))
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join(PATIENCE)
        process.close()


def ended(process: ForkServerProcess) -> int | None:
    """Its exit code, when it has ended by itself in time."""
    process.join(PATIENCE)
    return process.exitcode


def _run(
    environment: Mapping[str, str], work: Callable[..., object], args: tuple[Any, ...]
) -> None:
    os.environ.update(environment)
    work(*args)


def event() -> Event:
    """One that such a process can set, and whoever started it can wait for."""
    return _context.Event()


def barrier(parties: int) -> Barrier:
    """Where so many such processes wait for each other."""
    return _context.Barrier(parties)
