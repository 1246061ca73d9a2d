"""Finds last messages and waits of tickets that an older version has written."""

import time

from jobs import job
from jobs.parts.registry import MINUTE, Sweep, part
from portal.extensions import begin_write
from portal.isolation import attempt_together
from portal.services.tickets import last_messages

_SECONDS = 3.0
# Of one transaction: while it lasts, nobody else writes on SQLite.
_TICKETS = 50
_FIRST = 2**62


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
def find_last_messages() -> bool:
    """Fill such tickets for a bounded time; whether some are left.

    Until then they are not in the view of what is to be answered. Unsolved ones come first.
    """
    until = time.monotonic() + _SECONDS
    for unsolved in (True, False):
        below = _FIRST
        while old := _unfilled(below, unsolved=unsolved):
            if time.monotonic() > until:
                return True
            attempt_together("last message of ticket", _fill, {of: of for of in old})
            below = old[-1]
    return False


@job
def _unfilled(below: int, *, unsolved: bool) -> list[int]:
    return last_messages.unfilled(below, _TICKETS, unsolved=unsolved)


@job
def _fill(ids: list[int]) -> None:
    begin_write()
    last_messages.fill(ids)
