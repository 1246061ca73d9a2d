"""Changes a value of a ticket with its version, time, counts and event."""

from typing import Any

from portal import clock
from portal.models.people import Actor
from portal.models.tickets import DONE, EventKind, Ticket, TicketEvent, TicketStatus
from portal.models.tickets.ticket_event import INTERNAL_KINDS, ValueType
from portal.services.tickets import counts, events, last_messages, search


def bump_version(ticket: Ticket, kind: EventKind) -> None:
    """Raise version and time of change.

    Those that customers see stay when `kind` is internal.
    """
    if kind in INTERNAL_KINDS:
        if ticket.public_version is None:
            ticket.public_version = ticket.version
        if ticket.public_updated_at is None:
            ticket.public_updated_at = ticket.updated_at
    else:
        if ticket.public_version is not None:
            ticket.public_version += 1
        ticket.public_updated_at = None
    ticket.version += 1
    ticket.updated_at = clock.now()


def set_value(
    *, actor: Actor | None, ticket: Ticket, kind: EventKind, value: Any, **data: Any
) -> TicketEvent:
    """Set the column of `kind` and record the event; `data` is added to the event."""
    before = counts.count_key(ticket)
    column = kind.spec.column
    if column is None:
        raise ValueError(f"{kind} is about no column")
    old = getattr(ticket, column)
    setattr(ticket, column, value)
    if kind.spec.value is ValueType.STATUS:
        _remember_solution(ticket)
        last_messages.note_status(ticket, old)
    if column == Ticket.assignee_id.key:
        search.index_assignee(ticket, old)
    bump_version(ticket, kind)
    counts.move(before, counts.count_key(ticket))
    change = {"from": old, "to": value, **data}
    return events.record(actor=actor, ticket=ticket, kind=kind, data=change)


def set_status(
    *, actor: Actor, ticket: Ticket, status: TicketStatus, **data: Any
) -> TicketEvent | None:
    """Set the status without checking rights; None when it is the same.

    `data` is added to the event.
    """
    if ticket.status == status:
        return None
    return set_value(actor=actor, ticket=ticket, kind=EventKind.STATUS, value=status, **data)


def _remember_solution(ticket: Ticket) -> None:
    if ticket.status not in DONE:
        ticket.solved_at = None
    elif ticket.solved_at is None:
        ticket.solved_at = clock.now()
