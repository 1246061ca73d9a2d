"""Processes forked from one that has imported our code: real ones, to be killed and frozen.

A new interpreter takes more than two seconds of CPU until it has imported everything. The process
that these are forked from has made nothing: no application, no connection.
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
    """Run `work(*args)` under these settings in a process that is killed when the block ends."""
    process = _context.Process(target=_run, args=(environment, work, args))
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join(PATIENCE)
        process.close()


def ended(process: ForkServerProcess) -> int | None:
    """Its exit code; None if it has not ended in time."""
    process.join(PATIENCE)
    return process.exitcode


def _run(
    environment: Mapping[str, str], work: Callable[..., object], args: tuple[Any, ...]
) -> None:
    os.environ.update(environment)
    work(*args)


def event() -> Event:
    """An event that such a process can set."""
    return _context.Event()


def barrier(parties: int) -> Barrier:
    """Where so many such processes wait for each other."""
    return _context.Barrier(parties)
