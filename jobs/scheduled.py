"""Sends answers that have waited until they are due: see `services.tickets.scheduled`."""

from jobs import job
from portal.extensions import begin_write
from portal.isolation import attempt, attempt_each
from portal.queries.tickets import scheduled as queries
from portal.services.tickets import scheduled

# Longer rows of them are for the next sweep.
_AT_ONCE = 200


@job
def send(scheduled_id: int) -> None:
    """Send it if it is due, after those of its ticket that were due before."""
    attempt_each("scheduled answer", _send, _due_until(scheduled_id))


def send_due() -> bool:
    """Send all that are due, as far as they are no more than a sweep can take."""
    due = _due()
    attempt_each("scheduled answer", _send, due)
    return len(due) == _AT_ONCE


def _send(scheduled_id: int) -> None:
    """Each in a transaction of its own; one that fails goes behind the others."""
    if attempt("scheduled answer", _post, scheduled_id) is None:
        _postpone(scheduled_id)


@job
def _post(scheduled_id: int) -> bool:
    begin_write()
    scheduled.send(scheduled_id)
    return True


@job
def _postpone(scheduled_id: int) -> None:
    begin_write()
    scheduled.postpone(scheduled_id)


@job
def _due() -> list[int]:
    return queries.due_ids(_AT_ONCE)


@job
def _due_until(scheduled_id: int) -> list[int]:
    return queries.due_ids_until(scheduled_id)
