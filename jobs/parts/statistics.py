"""Counts tickets that have changed into the statistics."""

import time

from jobs import job
from jobs.parts.registry import MINUTE, Sweep, part
from portal.extensions import begin_write
from portal.services.statistics import counting

_SECONDS = 3.0


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
def count_tickets() -> bool:
    """Count for a bounded time; whether some are left."""
    until = time.monotonic() + _SECONDS
    while _is_behind() and _count_some():
        if time.monotonic() > until:
            return True
    return False


@job
def _is_behind() -> bool:
    return counting.is_behind()


@job
def _count_some() -> bool:
    begin_write()
    return counting.count_some()
