"""Changes many tickets in one transaction, and undoes that."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, select

from portal import clock
from portal.bulk_statements import execute_bulk
from portal.errors import Invalid, NotFound
from portal.extensions import db
from portal.models.people import Actor
from portal.models.tickets import BulkChange, Priority, Ticket, TicketStatus
from portal.queries.people import users
from portal.queries.tickets import tickets as ticket_queries
from portal.queries.tickets import trash
from portal.security import permissions
from portal.services.tickets import counts, tags, tickets

MAX_TICKETS = 100
UNDO_FOR = timedelta(minutes=10)
# What an action changes besides its value: lists are sorted by them.
_TIMES = ("updated_at", "public_updated_at", "solved_at", "waiting_since")


class BulkAction(StrEnum):
    ASSIGN = "assign"
    STATUS = "status"
    PRIORITY = "priority"
    TAG = "tag"
    TRASH = "trash"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Number of changed and of closed (unchanged) tickets, and the token for undo."""

    changed: int
    closed: int
    token: str | None


@dataclass(frozen=True, slots=True)
class UndoOutcome:
    """Number of tickets restored, in the trash, and changed by others meanwhile."""

    back: int
    trashed: int
    changed: int


def apply(*, actor: Actor, chosen: Sequence[Ticket], action: BulkAction, value: Any) -> Outcome:
    """Apply `action` to each ticket; closed ones can only be moved into the trash.

    `value` is a User or None, a TicketStatus, a Priority, a tag's name to add, or True for the
    trash. Raises Invalid for more than MAX_TICKETS.
    """
    permissions.require(permissions.can_triage(actor))
    if len(chosen) > MAX_TICKETS:
        raise Invalid(numbers="too_many")
    changes = []
    able = [ticket for ticket in chosen if _applies_to(ticket, action)]
    for ticket in able:
        before, times = _value(ticket, action), _times(ticket)
        wanted = [*before, value] if action is BulkAction.TAG else value
        if _set(actor, ticket, action, wanted):
            changes.append([ticket.id, before, ticket.version, times])
    token = _remember(actor, action, changes) if changes else None
    return Outcome(len(changes), len(chosen) - len(able), token)


def apply_to_one(*, actor: Actor, ticket: Ticket, action: BulkAction, value: Any) -> str | None:
    """Apply `action` to one ticket as its own verb does, and raise what that raises.

    Returns the token of its undo for staff; None if nothing has changed, or closed is final.
    """
    before, times = _value(ticket, action), _times(ticket)
    changed = _set(actor, ticket, action, value)
    if not changed or ticket.is_closed or not permissions.can_triage(actor):
        return None
    return _remember(actor, action, [[ticket.id, before, ticket.version, times]])


def find_undo(*, actor: Actor, token: str) -> BulkChange:
    """The actor's bulk action of that token.

    Raises NotFound when it is too old, or the actor's rights have changed since.
    """
    change = db.session.scalar(
        select(BulkChange).where(
            BulkChange.token == token,
            BulkChange.actor_id == actor.id,
            BulkChange.created_at > clock.now() - UNDO_FOR,
        )
    )
    if change is None or not change.matches_rights_of(actor):
        raise NotFound
    return change


def undo(*, actor: Actor, change: BulkChange) -> UndoOutcome:
    """Restore value and times of each ticket that was not changed or deleted since.

    Its place in lists comes back with them; version and events say that there were two changes. A
    second call finds the tickets changed and does nothing.
    """
    permissions.require(permissions.can_triage(actor))
    action = BulkAction(change.action)
    before = {ticket_id: rest for ticket_id, *rest in change.changes}
    thrown = action is BulkAction.TRASH
    found = (trash.find_many if thrown else ticket_queries.find_visible)(actor, list(before))
    back = 0
    for ticket in found:
        value, version, *times = before[ticket.id]
        if ticket.version != version or not _applies_to(ticket, action):
            continue
        if _set(actor, ticket, action, _restored(action, value)):
            _set_times(ticket, *times)
            back += 1
    trashed = 0 if thrown else len(before) - len(found)
    return UndoOutcome(back, trashed, len(before) - back - trashed)


def delete_old(limit: int) -> None:
    """Delete up to `limit` bulk actions that cannot be undone any more."""
    past = BulkChange.created_at <= clock.now() - UNDO_FOR
    old = select(BulkChange.id).where(past).limit(limit)
    execute_bulk(delete(BulkChange).where(BulkChange.id.in_(old)))


def _applies_to(ticket: Ticket, action: BulkAction) -> bool:
    """Whether the action applies: closed tickets can only be deleted and restored."""
    return action is BulkAction.TRASH or not ticket.is_closed


def _remember(actor: Actor, action: BulkAction, changes: list[list[Any]]) -> str:
    token = secrets.token_urlsafe(16)
    db.session.add(
        BulkChange(
            token=token,
            actor_id=actor.id,
            organization_id=actor.organization_id,
            rights_epoch=actor.rights_epoch,
            action=action,
            changes=changes,
            created_at=clock.now(),
        )
    )
    db.session.flush()
    return token


def _value(ticket: Ticket, action: BulkAction) -> Any:
    match action:
        case BulkAction.ASSIGN:
            return ticket.assignee_id
        case BulkAction.STATUS:
            return ticket.status
        case BulkAction.PRIORITY:
            return ticket.priority
        case BulkAction.TAG:
            return tags.names_of(ticket)
        case BulkAction.TRASH:
            return ticket.deleted_at is not None


def _times(ticket: Ticket) -> list[str | None]:
    moments = [getattr(ticket, name) for name in _TIMES]
    return [moment and moment.isoformat() for moment in moments]


def _set_times(ticket: Ticket, times: Sequence[str | None] = ()) -> None:
    before = counts.count_key(ticket)
    # A change that was remembered before an upgrade has fewer.
    for name, text in zip(_TIMES, times, strict=False):
        setattr(ticket, name, text and datetime.fromisoformat(text))
    counts.move(before, counts.count_key(ticket))


def _restored(action: BulkAction, before: Any) -> Any:
    match action:
        case BulkAction.ASSIGN:
            user = users.by_id(before) if before else None
            return user if user is not None and user.is_assignable else None
        case BulkAction.STATUS:
            return TicketStatus(before)
        case BulkAction.PRIORITY:
            return Priority(before)
        case BulkAction.TAG | BulkAction.TRASH:
            return before


def _trash(*, actor: Actor, ticket: Ticket, trashed: bool) -> bool:
    return (tickets.delete if trashed else tickets.restore)(actor=actor, ticket=ticket)


_VERBS: dict[BulkAction, tuple[Callable[..., bool], str]] = {
    BulkAction.ASSIGN: (tickets.assign, "assignee"),
    BulkAction.STATUS: (tickets.set_status, "status"),
    BulkAction.PRIORITY: (tickets.set_priority, "priority"),
    BulkAction.TAG: (tickets.set_tags, "names"),
    BulkAction.TRASH: (_trash, "trashed"),
}


def _set(actor: Actor, ticket: Ticket, action: BulkAction, value: Any) -> bool:
    verb, argument = _VERBS[action]
    return verb(actor=actor, ticket=ticket, **{argument: value})
