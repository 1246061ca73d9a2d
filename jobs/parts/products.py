"""Goes on with syncs of products that have no job, runs their schedules, deletes old ones."""

from jobs import job
from jobs.parts.registry import EACH_SWEEP, MINUTE, Sweep, part
from portal.extensions import begin_write, db
from portal.isolation import attempt_each
from portal.queries.products import schedules as schedule_queries
from portal.queries.products import syncs as queries
from portal.queueing import Job, enqueue_after_commit
from portal.services.products import schedules, syncs

_BATCH = 100
_OLD = 500


@part(Sweep.ON_TIME, every=EACH_SWEEP, within=MINUTE / 2)
@job
def enqueue_product_syncs() -> None:
    """Enqueue due syncs without a job; fail those that used up their tries."""
    waiting = queries.due(_BATCH)
    if not waiting:
        return
    begin_write()
    syncs.give_up()
    attempt_each(
        "sync of products",
        lambda of: enqueue_after_commit(db.session(), Job.SYNC_PRODUCTS, of),
        waiting,
    )


@part(Sweep.ON_TIME, every=EACH_SWEEP, within=MINUTE / 2)
def run_product_schedules() -> None:
    """Begin the syncs whose schedule is due."""
    attempt_each("schedule of syncs", _run_schedule, _due_schedules())


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
@job
def delete_old_syncs() -> bool:
    """Shorten the log of syncs to what is kept of it."""
    begin_write()
    return syncs.delete_old(_OLD) == _OLD


@job
def _due_schedules() -> list[int]:
    return list(schedule_queries.due(_BATCH))


@job
def _run_schedule(organization_id: int) -> None:
    begin_write()
    schedules.run(organization_id)
