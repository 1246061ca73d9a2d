"""Maintains `ticket_counts` with every change of a ticket."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from portal.bulk_statements import upsert
from portal.extensions import db
from portal.models.tickets import Ticket, TicketCount
from portal.models.tickets.ticket_count import UNASSIGNED

_KEY = ("status", "priority", "assignee_id")
_held: ContextVar["Counter[CountKey] | None"] = ContextVar("held_counts", default=None)


class CountKey(NamedTuple):
    """Key of a count, and whether the ticket's requester waits for an answer."""

    status: str
    priority: int
    assignee_id: int
    waits: bool = False


def count_key(ticket: Ticket) -> CountKey | None:
    """The key under which `ticket` is counted; None in the trash."""
    if ticket.deleted_at is not None:
        return None
    return CountKey(
        str(ticket.status),
        int(ticket.priority),
        ticket.assignee_id or UNASSIGNED,
        ticket.waiting_since is not None,
    )


def move(before: CountKey | None, after: CountKey | None) -> None:
    """Count a ticket out of `before` and into `after`; None means not counted."""
    if before != after:
        changes: Counter[CountKey] = Counter()
        if before is not None:
            changes[before] -= 1
        if after is not None:
            changes[after] += 1
        apply(changes)


@contextmanager
def together() -> Iterator[None]:
    """Write at the end of the block what it counts, at once and in one order; nothing if it raises.

    Whoever counts twice in a unit would lock the counts in the order of that, and two units might
    wait for each other. Also a decorator.
    """
    token = _held.set(Counter())
    try:
        yield
        held = _held.get() or Counter()
    finally:
        _held.reset(token)
    apply(held)


def apply(changes: Counter[CountKey]) -> None:
    """Add `changes` to the counts, atomically in the database; rows are locked in one order."""
    held = _held.get()
    if held is not None:
        held.update(changes)
        return
    tickets: Counter[tuple[str, int, int]] = Counter()
    waiting: Counter[tuple[str, int, int]] = Counter()
    for key, number in changes.items():
        tickets[key[:3]] += number
        waiting[key[:3]] += number if key.waits else 0
    rows = [
        {**dict(zip(_KEY, key, strict=True)), "tickets": number, "waiting": waiting[key]}
        for key, number in sorted(tickets.items())
        if number or waiting[key]
    ]
    if rows:
        # By the connection: one statement without the session's bookkeeping.
        connection = db.session.connection()
        statement = upsert(
            TicketCount, connection.dialect.name, key=_KEY, added=("tickets", "waiting")
        )
        connection.execute(statement, rows)
