"""Sweeps: periodic maintenance. Their parts are in `jobs.parts`.

One sweep is for what somebody waits for. The other may wait in the queue behind the mail: it works
for a moment, then enqueues itself again. Each part is leased, so concurrent sweeps share the parts.
"""

import logging
import math
import time
from typing import NamedTuple

from flask import current_app
from rq.timeouts import BaseTimeoutException

from jobs import job
from jobs.parts import (
    answer_times,
    answers,
    assistance,
    bulk,
    departments,
    expiry,
    files,
    inbound,
    indexing,
    logs,
    mail,
    privacy,
    products,
    rendering,
    reports,
    retention,
    statistics,
    table_exports,
    thumbnails,
    waiting,
)
from jobs.parts.registry import Part, Sweep, names_of, parts_of
from portal.extensions import begin_write
from portal.models.operations import HeartbeatName
from portal.queries.operations import heartbeats as queries
from portal.queueing import Enqueuer, Job
from portal.services.operations import heartbeats
from portal.services.operations.heartbeats import Run

log = logging.getLogger(__name__)

# Importing them registers what they do.
MODULES = (
    answer_times,
    answers,
    assistance,
    bulk,
    departments,
    expiry,
    files,
    inbound,
    indexing,
    logs,
    mail,
    privacy,
    products,
    rendering,
    table_exports,
    statistics,
    reports,
    thumbnails,
    retention,
    waiting,
)
# What is asked for meanwhile waits no longer than this and one part.
_TURN_SECONDS = 1.0


class _Done(NamedTuple):
    """Result of a run. `left`: work is left for the next sweep."""

    part: Part
    run: Run
    seconds: float
    error: str | None = None
    left: bool = False
    out_of_time: bool = False


@job
def sweep() -> None:
    """Run the parts for which somebody waits and that are due."""
    run_due_parts(Sweep.ON_TIME)


@job
def sweep_later() -> None:
    """Run parts that may wait, for a moment; enqueue another job for the rest."""
    if run_due_parts(Sweep.LATER, _TURN_SECONDS):
        enqueuer: Enqueuer = current_app.extensions["lodge.enqueuer"]
        enqueuer.enqueue(Job.SWEEP_LATER)


def run_due_parts(sweep: Sweep, seconds: float = math.inf) -> bool:
    """Run due parts, the longest due first; True when time ran out before the parts did."""
    until = time.monotonic() + seconds
    parts = {part.name: part for part in parts_of(sweep)}
    done: _Done | None = None
    for name in _due(sweep):
        run = _settle_and_claim(done, parts[name])
        done = _do(parts[name], run) if run else None
        if time.monotonic() > until or (done and done.out_of_time):
            _settle(done)
            return True
    # What may wait has no sign of its own: its parts have.
    heartbeat = None if sweep is Sweep.LATER else sweep.heartbeat
    if done or heartbeat:
        _settle(done, heartbeat)
    return False


def _do(part: Part, run: Run) -> _Done:
    """Run one part; its exception is logged and stops no other part."""
    if run.took_over:
        log.warning("%s was taken over: who began it has not ended it", part.name)
    began = time.monotonic()
    error, left = None, None
    try:
        left = part.do()
    except Exception as failure:
        log.exception("the sweep's %s failed", part.do.__name__)
        error = failure
    return _Done(
        part,
        run,
        time.monotonic() - began,
        type(error).__name__ if error else None,
        bool(left),
        isinstance(error, BaseTimeoutException),
    )


@job
def _due(sweep: Sweep) -> list[str]:
    """Names of due parts; registers those that are new."""
    names = names_of(sweep.heartbeat)
    if queries.parts(sweep.heartbeat) != names:
        begin_write()
        heartbeats.set_parts(sweep.heartbeat, names)
    return queries.due([part.name for part in parts_of(sweep)])


@job
def _settle_and_claim(done: _Done | None, part: Part) -> Run | None:
    """Both in one transaction: one disk sync for each part."""
    begin_write()
    _write(done)
    return heartbeats.claim(part.name, part.within)


@job
def _settle(done: _Done | None, went_round: HeartbeatName | None = None) -> None:
    begin_write()
    _write(done)
    if went_round:
        heartbeats.beat(went_round)


def _write(done: _Done | None) -> None:
    if done is None:
        return
    held = heartbeats.finish(
        done.run,
        seconds=done.seconds,
        error=done.error,
        again_in=done.part.again_in(left=done.left),
        every=done.part.every,
    )
    if not held:
        log.warning("%s took %.0f s, so another has begun it", done.part.name, done.seconds)
