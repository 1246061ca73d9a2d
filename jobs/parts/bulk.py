"""Goes on with changes of many tickets whose job was lost, and deletes those of yesterday."""

from jobs import job
from jobs.parts.expiry import BATCH
from jobs.parts.registry import EACH_SWEEP, MINUTE, Sweep, part
from portal.extensions import begin_write, db
from portal.isolation import attempt_each
from portal.queries.tickets import bulk_changes as queries
from portal.queueing import Job, enqueue_after_commit
from portal.services.tickets import bulk

# They take minutes each.
_AT_ONCE = 20


@part(Sweep.ON_TIME, every=EACH_SWEEP, within=MINUTE / 2)
@job
def enqueue_bulk_changes() -> None:
    """Enqueue those on which nobody works: the queue server was away, or a worker died."""
    attempt_each(
        "bulk change",
        lambda of: enqueue_after_commit(db.session(), Job.CHANGE_TICKETS, of),
        queries.open_ids(_AT_ONCE),
    )


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
@job
def delete_old_bulk_changes() -> bool:
    """Delete what became of each ticket, a day after; whether there may be more."""
    begin_write()
    return bulk.delete_old(BATCH)
