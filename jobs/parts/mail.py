"""Enqueues jobs for waiting mail, and deletes old mails."""

from flask import current_app

from jobs import job
from jobs.parts.expiry import BATCH, long_ago
from jobs.parts.registry import EACH_SWEEP, MINUTE, Sweep, part
from portal.extensions import begin_write
from portal.mail.transport import FolderTransport
from portal.queries.delivery import outbox as outbox_queries
from portal.queueing import Enqueuer, Job
from portal.services.delivery import outbox
from portal.services.people import returned_mails

# More workers than any desk has.
_TURNS = 100


@part(Sweep.ON_TIME, every=EACH_SWEEP, within=MINUTE / 2)
def enqueue_mail() -> None:
    """Enqueue a job for each worker if mails are due."""
    if waiting := _mail_due():
        enqueuer: Enqueuer = current_app.extensions["lodge.enqueuer"]
        enqueuer.enqueue_for_workers(Job.DRAIN_OUTBOX, waiting)


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
@job
def delete_old_mails() -> None:
    """Delete a batch of mails that were sent or dropped long ago, and of those that came back."""
    begin_write()
    returned_mails.delete_old(long_ago(), BATCH)
    # By these rows the files of people who want to be forgotten are found.
    if not isinstance(current_app.extensions["lodge.mail"], FolderTransport):
        outbox.delete_settled(long_ago(), BATCH)


@job
def _mail_due() -> int:
    begin_write()
    outbox.park_exhausted()
    return outbox_queries.count_due(_TURNS)
