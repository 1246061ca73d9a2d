"""Sends answers whose time has come, and deletes those that were returned long ago."""

from jobs import job, scheduled
from jobs.parts.expiry import BATCH
from jobs.parts.registry import EACH_SWEEP, MINUTE, Sweep, part
from portal.extensions import begin_write
from portal.services.tickets import unsent


@part(Sweep.ON_TIME, every=EACH_SWEEP, within=MINUTE / 2)
def send_scheduled() -> bool:
    """Send what nobody has sent at its moment: the queue server was away, or a worker died."""
    return scheduled.send_due()


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
@job
def delete_old_answers() -> None:
    """Delete answers that were returned, and files of what is not sent, after months."""
    begin_write()
    unsent.delete_old(BATCH)
