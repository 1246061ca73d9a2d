"""What runs out: a batch of rows each time. No row stops another, for each is one statement."""

from datetime import datetime, timedelta

from jobs import job
from jobs.parts.registry import MINUTE, Sweep, part
from portal import clock
from portal.extensions import begin_write, setting
from portal.security.people import refresh_tokens, sessions, tokens
from portal.services.operations import idempotency
from portal.services.organizations import invitations
from portal.services.people import account_log, registration
from portal.services.tickets import bulk

BATCH = 500
# However short logs are kept: what is from then may still be needed.
_LATELY = timedelta(days=7)


def long_ago() -> datetime:
    """What is older is history that nobody wants to keep."""
    moment: datetime = clock.now() - max(setting("LOG_RETENTION"), _LATELY)
    return moment


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
@job
def delete_expired_sessions() -> None:
    """Remove a batch of session rows that have run out."""
    begin_write()
    sessions.delete_expired(BATCH)


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
@job
def delete_expired_refresh_tokens() -> None:
    """Remove a batch of programs' sign-ins that have run out."""
    begin_write()
    refresh_tokens.delete_expired(BATCH)


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
@job
def delete_old_links() -> None:
    """Remove a batch of mailed links that ran out long ago."""
    begin_write()
    tokens.delete_old(BATCH)


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
@job
def delete_expired_registrations() -> None:
    """Remove a batch of registrations that nobody has finished in time."""
    begin_write()
    registration.delete_expired(BATCH)


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
@job
def delete_old_requests() -> None:
    """Remove a batch of the API's requests that are remembered no longer."""
    begin_write()
    idempotency.delete_expired(BATCH)


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
@job
def delete_old_visits() -> None:
    """Remove a batch of the accounts' sign-ins and sign-outs of long ago."""
    begin_write()
    account_log.delete_visits(long_ago(), BATCH)


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
@job
def delete_old_invitations() -> None:
    """Remove a batch of invitations that ran out long ago."""
    begin_write()
    invitations.delete_old(long_ago(), BATCH)


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
@job
def delete_old_bulk_changes() -> None:
    """Remove a batch of bulk actions that cannot be taken back any more."""
    begin_write()
    bulk.delete_old(BATCH)
