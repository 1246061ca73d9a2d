"""Writes the new name of a department to its tickets."""

from jobs import job
from jobs.parts.registry import MINUTE, Sweep, part
from portal.extensions import begin_write
from portal.services.tickets import departments

_BATCH = 500


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
@job
def rename_departments() -> bool:
    """Some tickets of one department; whether there may be more."""
    begin_write()
    return departments.rename_tickets(_BATCH)
