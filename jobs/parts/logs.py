"""Seals the audit log, and deletes log rows after their retention."""

import time

from jobs import job
from jobs.parts.registry import EACH_SWEEP, MINUTE, Sweep, part
from portal import clock
from portal.extensions import begin_log_write, setting
from portal.services.operations import action_log, api_log

_SEAL_SECONDS = 3.0


@part(Sweep.ON_TIME, every=EACH_SWEEP, within=MINUTE)
def seal_actions() -> None:
    """Seal new events, for a bounded time."""
    until = time.monotonic() + _SEAL_SECONDS
    while _seal_some() and time.monotonic() < until:
        continue


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
@job
def forget_old_api_requests() -> bool:
    """Delete a batch of old API requests; whether there are more."""
    begin_log_write()
    return api_log.delete_before(clock.now() - setting("LOG_RETENTION")) == api_log.BATCH


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
@job
def forget_old_actions() -> None:
    """Delete a day's old lines of the audit log."""
    begin_log_write()
    action_log.delete_before(action_log.first_kept_day(setting("LOG_RETENTION")))


@job
def _seal_some() -> bool:
    begin_log_write()
    return action_log.seal_new() == action_log.BATCH
