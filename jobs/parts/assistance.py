"""Learns solved tickets, measures what was learned, and looks at new tickets whose job was lost."""

import time

from jobs import assistance, job
from jobs.parts.registry import MINUTE, Sweep, part
from portal.extensions import begin_write
from portal.isolation import attempt_each
from portal.queries.assistance import measuring as precision
from portal.queries.assistance import waiting
from portal.queries.assistance.measuring import Precision
from portal.services.assistance import acting, learning, measuring

_SECONDS = 3.0
_AT_ONCE = 100


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
def learn_tickets() -> bool:
    """Learn for a bounded time; whether some are left."""
    until = time.monotonic() + _SECONDS
    while _is_behind() and _learn_some():
        if time.monotonic() > until:
            return True
    return False


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
def measure_suggestions() -> None:
    """After enough was learned."""
    if (found := _measured()) is not None:
        _keep(found)


@part(Sweep.LATER, every=MINUTE, within=MINUTE)
def assist_new_tickets() -> bool:
    """Those that have waited for a while; whether there may be more."""
    found = _waiting()
    attempt_each("new ticket", assistance.assist, found)
    _leave_old()
    return len(found) == _AT_ONCE


@job
def _is_behind() -> bool:
    return learning.is_behind()


@job
def _learn_some() -> bool:
    begin_write()
    return learning.learn_some()


@job
def _measured() -> Precision | None:
    return precision.find() if precision.is_outdated() else None


@job
def _keep(found: Precision) -> None:
    begin_write()
    measuring.keep(found)


@job
def _leave_old() -> None:
    begin_write()
    acting.leave_old()


@job
def _waiting() -> list[int]:
    return waiting.unassisted(_AT_ONCE)
