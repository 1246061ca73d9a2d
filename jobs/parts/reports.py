"""Owes the statistics by mail to those whose week or month is over."""

from jobs import job
from jobs.parts.registry import MINUTE, Sweep, part
from portal.extensions import begin_write
from portal.isolation import attempt_each
from portal.queries.statistics import progress
from portal.queries.statistics import report_subscriptions as queries
from portal.services.statistics import report_subscriptions

_BATCH = 100


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
def mail_reports() -> None:
    """Each report that is due once; none while all tickets are counted anew."""
    attempt_each("report", _run, _due())


@job
def _due() -> list[int]:
    due = list(queries.due(_BATCH))
    return due if due and progress.find().is_complete else []


@job
def _run(subscription_id: int) -> None:
    begin_write()
    report_subscriptions.run(subscription_id)
