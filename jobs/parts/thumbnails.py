"""Makes thumbnails that no job has made: the queue server was away, or a worker died."""

import time

from jobs import job
from jobs.parts.registry import MINUTE, Sweep, part
from jobs.thumbnails import make
from portal.isolation import attempt
from portal.services.tickets import thumbnails

_SECONDS = 3.0
_AT_ONCE = 20


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
def make_thumbnails() -> bool:
    """Make some for a bounded time; whether some are left."""
    until = time.monotonic() + _SECONDS
    due = _due()
    for attachment_id in due:
        if time.monotonic() > until:
            return True
        attempt("thumbnail of attachment", make, attachment_id)
    return len(due) == _AT_ONCE


@job
def _due() -> list[int]:
    return thumbnails.due_ids(_AT_ONCE)
