"""Enqueues and expires exports of the desk's tables, and runs their schedules.

A part commits before it deletes files: a file without a row is removed by the store's own sweep,
but a row without its file would be an error for the user.
"""

from flask import current_app

from jobs import job
from jobs.parts.registry import EACH_SWEEP, MINUTE, Sweep, part
from portal.extensions import begin_write, db
from portal.isolation import attempt_each
from portal.models.operations.table_export import OPEN_TABLE_EXPORT
from portal.queries.operations import table_export_schedules as schedule_queries
from portal.queries.operations import table_exports as queries
from portal.queueing import Job, enqueue_after_commit
from portal.services.operations import table_export_schedules, table_exports
from portal.storage import Storage

_BATCH = 100


@part(Sweep.ON_TIME, every=EACH_SWEEP, within=MINUTE / 2)
@job
def enqueue_table_exports() -> None:
    """Enqueue due exports without a job; fail those that used up their tries."""
    waiting = queries.due(OPEN_TABLE_EXPORT, _BATCH)
    if not waiting:
        return
    begin_write()
    table_exports.give_up()
    attempt_each(
        "table export", lambda of: enqueue_after_commit(db.session(), Job.EXPORT_TABLE, of), waiting
    )


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
def expire_table_exports() -> None:
    """Delete the files of exports whose time is over."""
    storage: Storage = current_app.extensions["lodge.storage"]
    attempt_each("file", storage.delete, _expired())


@part(Sweep.ON_TIME, every=EACH_SWEEP, within=MINUTE / 2)
def run_table_schedules() -> None:
    """Ask for the exports whose schedule is due."""
    attempt_each("schedule of exports", _run_schedule, _due_schedules())


@job
def _due_schedules() -> list[int]:
    return list(schedule_queries.due(_BATCH))


@job
def _run_schedule(schedule_id: int) -> None:
    begin_write()
    table_export_schedules.run(schedule_id)


@job
def _expired() -> list[str]:
    begin_write()
    return table_exports.expire(_BATCH)
