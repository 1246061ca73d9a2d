"""Deletes expired rows, a batch each time. Each part is one statement."""

from datetime import datetime, timedelta

from jobs import job
from jobs.parts.registry import MINUTE, Sweep, part
from portal import clock
from portal.extensions import begin_write, setting
from portal.security.people import refresh_tokens, sessions, tokens
from portal.services.assistance import model_calls
from portal.services.operations import idempotency
from portal.services.organizations import domains, invitations
from portal.services.people import account_log, registration
from portal.services.tickets import drafts, notifications

BATCH = 500
# However short logs are kept: what is from then may still be needed.
_LATELY = timedelta(days=7)


def long_ago() -> datetime:
    """The moment before which history is deleted."""
    moment: datetime = clock.now() - max(setting("LOG_RETENTION"), _LATELY)
    return moment


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
@job
def delete_expired_sessions() -> None:
    begin_write()
    sessions.delete_expired(BATCH)


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
@job
def delete_expired_refresh_tokens() -> None:
    begin_write()
    refresh_tokens.delete_expired(BATCH)


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
@job
def delete_old_links() -> None:
    begin_write()
    tokens.delete_old(BATCH)


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
@job
def delete_expired_registrations() -> None:
    begin_write()
    registration.delete_expired(BATCH)


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
@job
def delete_old_requests() -> None:
    """Delete expired idempotency keys."""
    begin_write()
    idempotency.delete_expired(BATCH)


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
@job
def delete_old_visits() -> None:
    """Delete old sign-in and sign-out events of accounts."""
    begin_write()
    account_log.delete_visits(long_ago(), BATCH)


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
@job
def delete_old_invitations() -> None:
    begin_write()
    invitations.delete_old(long_ago(), BATCH)


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
@job
def delete_expired_domains() -> None:
    """Delete domains of organizations that nobody has confirmed."""
    begin_write()
    domains.delete_expired(BATCH)


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
@job
def delete_old_drafts() -> None:
    begin_write()
    drafts.delete_old(BATCH)


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
@job
def delete_old_model_calls() -> None:
    begin_write()
    model_calls.delete_old(long_ago(), BATCH)


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
@job
def delete_old_notifications() -> None:
    begin_write()
    notifications.delete_old(BATCH)
