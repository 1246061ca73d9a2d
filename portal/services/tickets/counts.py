"""Maintains `ticket_counts` with every change of a ticket."""

from collections import Counter
from typing import NamedTuple

from portal.bulk_statements import upsert
from portal.extensions import db
from portal.models.tickets import Ticket, TicketCount
from portal.models.tickets.ticket_count import UNASSIGNED


class CountKey(NamedTuple):
    """Key of a count. Sortable, so that rows are locked in one order."""

    status: str
    priority: int
    assignee_id: int


def count_key(ticket: Ticket) -> CountKey | None:
    """The key under which `ticket` is counted; None in the trash."""
    if ticket.deleted_at is not None:
        return None
    return CountKey(str(ticket.status), int(ticket.priority), ticket.assignee_id or UNASSIGNED)


def move(before: CountKey | None, after: CountKey | None) -> None:
    """Count a ticket out of `before` and into `after`; None means not counted."""
    if before != after:
        changes: Counter[CountKey] = Counter()
        if before is not None:
            changes[before] -= 1
        if after is not None:
            changes[after] += 1
        apply(changes)


def apply(changes: Counter[CountKey]) -> None:
    """Add `changes` to the counts, atomically in the database."""
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
