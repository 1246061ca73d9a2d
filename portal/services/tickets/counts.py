"""Keeps `ticket_counts` true: every verb that moves a ticket says from which cell to which."""

from collections import Counter
from typing import NamedTuple

from portal.bulk_statements import upsert
from portal.extensions import db
from portal.models.tickets import Ticket, TicketCount
from portal.models.tickets.ticket_count import UNASSIGNED


class CountKey(NamedTuple):
    """The kind of ticket that is counted together. Sorts, so that locks are taken in one order."""

    status: str
    priority: int
    assignee_id: int


def count_key(ticket: Ticket) -> CountKey | None:
    """Where `ticket` counts as it stands; nowhere in the trash."""
    if ticket.deleted_at is not None:
        return None
    return CountKey(str(ticket.status), int(ticket.priority), ticket.assignee_id or UNASSIGNED)


def move(before: CountKey | None, after: CountKey | None) -> None:
    """Count a ticket out of one cell and into another; None is "not there"."""
    if before != after:
        changes: Counter[CountKey] = Counter()
        if before is not None:
            changes[before] -= 1
        if after is not None:
            changes[after] += 1
        apply(changes)


def apply(changes: Counter[CountKey]) -> None:
    """Add `changes` to the counts. Adding in the database itself loses no update."""
    rows = [
        {**key._asdict(), "tickets": number} for key, number in sorted(changes.items()) if number
    ]
    if rows:
        # By the connection: one statement without the session's bookkeeping.
        connection = db.session.connection()
        statement = upsert(
            TicketCount, connection.dialect.name, key=CountKey._fields, added=("tickets",)
        )
        connection.execute(statement, rows)
