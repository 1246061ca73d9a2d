"""Changes that the desk makes by itself: no person has made them, and their events say so."""

from collections.abc import Sequence

from portal.extensions import db
from portal.models.people import User
from portal.models.tickets import EventKind, Priority, Ticket, TicketEvent
from portal.queries.tickets import departments
from portal.services.delivery import ticket_mails
from portal.services.tickets import changes, events, notifications, tags

# In `data` of their events: what has made them.
BY = "by"


def set_type(*, ticket: Ticket, key: str, by: str) -> None:
    changes.set_value(actor=None, ticket=ticket, kind=EventKind.TYPE, value=key, by=by)


def set_priority(*, ticket: Ticket, priority: Priority, by: str) -> None:
    value = int(priority)
    changes.set_value(actor=None, ticket=ticket, kind=EventKind.PRIORITY, value=value, by=by)


def set_department(*, ticket: Ticket, name: str, by: str) -> int | None:
    """The ticket goes to whoever gets new ones there, whose id is returned."""
    changes.set_value(actor=None, ticket=ticket, kind=EventKind.DEPARTMENT, value=name, by=by)
    user = None if ticket.assignee_id else _default_assignee(name)
    if user is not None:
        _give(ticket, user, department=name, by=by)
    notifications.forget_unseen(ticket)
    return user.id if user else None


def add_tags(*, ticket: Ticket, names: Sequence[str], by: str) -> None:
    before = tags.names_of(ticket)
    after = tags.clean_names([*before, *names])
    tags.replace(ticket=ticket, names=after)
    changes.bump_version(ticket, EventKind.TAGS)
    data = {"from": before, "to": after, BY: by}
    events.record(actor=None, ticket=ticket, kind=EventKind.TAGS, data=data)


def _default_assignee(name: str) -> User | None:
    department = departments.by_name(name)
    user_id = department.default_assignee_id if department else None
    user = db.session.get(User, user_id) if user_id else None
    return user if user is not None and user.is_assignable and not user.is_away else None


def _give(ticket: Ticket, user: User, **data: str) -> TicketEvent:
    event = changes.set_value(
        actor=None,
        ticket=ticket,
        kind=EventKind.ASSIGNEE,
        value=user.id,
        name=user.name,
        **data,
    )
    notifications.ticket_assigned(event=event, ticket=ticket)
    ticket_mails.ticket_assigned(actor=None, event=event, ticket=ticket)
    return event
