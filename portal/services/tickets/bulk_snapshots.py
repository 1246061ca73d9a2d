"""What a ticket was before a bulk change, and giving that back."""

from datetime import datetime
from typing import Any

from portal.errors import Invalid
from portal.extensions import setting
from portal.models.people import Actor, User
from portal.models.tickets import EventKind, Priority, Ticket, TicketStatus
from portal.queries.people import users
from portal.services.tickets import changes, counts, tags, tickets

# What changes besides the values: lists are sorted by them.
_TIMES = ("updated_at", "public_updated_at", "solved_at", "waiting_since")


def take(ticket: Ticket, *, with_tags: bool) -> dict[str, Any]:
    """The values and times of the ticket, as JSON. Tags cost a query."""
    moments = {name: getattr(ticket, name) for name in _TIMES}
    return {
        "status": ticket.status,
        "priority": int(ticket.priority),
        "type": ticket.type,
        "department": ticket.department,
        "assignee": ticket.assignee_id,
        "trashed": ticket.deleted_at is not None,
        **({"tags": tags.names_of(ticket)} if with_tags else {}),
        "times": {name: moment and moment.isoformat() for name, moment in moments.items()},
    }


def give_back(*, actor: Actor, ticket: Ticket, before: dict[str, Any]) -> None:
    """Set values and times to `before`, by the verbs that change them by hand.

    Raises Invalid when they were somebody's who is not on the staff any more, or of a department
    that there is not.
    """
    if ticket.deleted_at is not None and not before["trashed"]:
        tickets.restore(actor=actor, ticket=ticket)
    _set_status(actor, ticket, TicketStatus(before["status"]))
    tickets.set_priority(actor=actor, ticket=ticket, priority=Priority(before["priority"]))
    if before["type"] != ticket.type:
        _set_type(actor, ticket, before["type"])
    # Those that a version from before has taken have none.
    if before.get("department", ticket.department) != ticket.department:
        _set_department(actor, ticket, before["department"])
    if before["assignee"] != ticket.assignee_id:
        former = _assignee(before["assignee"])
        tickets.assign(actor=actor, ticket=ticket, assignee=former, again=True)
    if "tags" in before:
        tickets.set_tags(actor=actor, ticket=ticket, names=before["tags"])
    _set_times(ticket, before["times"])


def _set_status(actor: Actor, ticket: Ticket, status: TicketStatus) -> None:
    """By no verb: closed is final, but not for the slip that closed it, and nobody is mailed.

    The event says so: a solution that is undone is no ticket that was opened again.
    """
    changes.set_status(actor=actor, ticket=ticket, status=status, undone=True)


def _set_type(actor: Actor, ticket: Ticket, word: str | None) -> None:
    # By no verb, which would refuse what is offered no more.
    changes.set_value(actor=actor, ticket=ticket, kind=EventKind.TYPE, value=word)


def _set_department(actor: Actor, ticket: Ticket, name: str | None) -> None:
    if name is not None and name not in setting("DEPARTMENTS"):
        raise Invalid(department="unknown")
    # By no verb: whoever gets new tickets there does not get this one anew.
    changes.set_value(actor=actor, ticket=ticket, kind=EventKind.DEPARTMENT, value=name)


def _assignee(user_id: int | None) -> User | None:
    if user_id is None:
        return None
    user = users.by_id(user_id)
    if user is None:
        raise Invalid(assignee="unknown")
    return user


def _set_times(ticket: Ticket, times: dict[str, str | None]) -> None:
    before = counts.count_key(ticket)
    for name, moment in times.items():
        setattr(ticket, name, moment and datetime.fromisoformat(moment))
    counts.move(before, counts.count_key(ticket))
