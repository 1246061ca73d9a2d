"""Works on changes of many tickets, some at a time: see `services.tickets.bulk_batches`."""

import time

from flask import current_app

from jobs import job
from portal.extensions import begin_write
from portal.queueing import Enqueuer, Job
from portal.services.tickets import bulk_batches

# What else waits in the queue of turns comes in between.
_TURN_SECONDS = 5.0


@job
def change_tickets(change_id: int) -> None:
    """Change its tickets, or give them back, for a moment; enqueue another job for the rest."""
    until = time.monotonic() + _TURN_SECONDS
    while work_on(change_id):
        if time.monotonic() > until:
            enqueuer: Enqueuer = current_app.extensions["lodge.enqueuer"]
            enqueuer.enqueue(Job.CHANGE_TICKETS, change_id)
            return


@job
def work_on(change_id: int) -> bool:
    begin_write()
    return bulk_batches.work_on(change_id)
