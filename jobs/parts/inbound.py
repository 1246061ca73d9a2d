"""Enqueues the reading of mails that wait, watches over it, and lets go of old raw mails."""

from flask import current_app

from jobs import job
from jobs.parts.expiry import BATCH
from jobs.parts.registry import EACH_SWEEP, MINUTE, Sweep, part
from portal.extensions import begin_write
from portal.isolation import attempt_each
from portal.queries.inbound import messages as queries
from portal.queueing import Enqueuer, Job
from portal.services.inbound import alarms, messages


@part(Sweep.ON_TIME, every=EACH_SWEEP, within=MINUTE / 2)
def enqueue_inbound() -> None:
    """Enqueue a job if mails wait to be read: the queue server was away, or a worker died."""
    if _is_due():
        enqueuer: Enqueuer = current_app.extensions["lodge.enqueuer"]
        enqueuer.enqueue(Job.READ_INBOUND)


@part(Sweep.ON_TIME, every=EACH_SWEEP, within=MINUTE / 2)
def watch_mail_in() -> None:
    """Tell administrators that mail does not come in any more, or comes again."""
    attempt_each("alarm of mail", _tell, _news())


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
@job
def forget_raw_mails() -> bool:
    """Let go of a batch of raw mails that were settled long ago; whether some are left."""
    begin_write()
    return messages.forget_raw(BATCH) == BATCH


@job
def _is_due() -> bool:
    begin_write()
    messages.fail_exhausted()
    return queries.is_due()


@job
def _news() -> list[alarms.News]:
    begin_write()
    return alarms.look()


@job
def _tell(news: alarms.News) -> None:
    begin_write()
    alarms.tell(news)
