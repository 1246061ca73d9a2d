"""Deletes tickets whose time is over."""

from jobs import job
from jobs.parts.registry import MINUTE, Sweep, part
from portal.extensions import begin_write
from portal.services.tickets import retention

# A ticket takes its conversation along, and nobody else writes on SQLite meanwhile.
_BATCH = 20


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
@job
def delete_old_tickets() -> bool:
    """Delete some for good, as the settings say; whether there may be more."""
    begin_write()
    return retention.delete_old(_BATCH) >= _BATCH
