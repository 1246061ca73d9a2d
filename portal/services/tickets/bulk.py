"""Changes many tickets, and undoes that: few at once, many by a job.

Which tickets, what is done and what each was before are rows, so a worker may die at any moment.
`bulk_batches` works on them.
"""

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select, tuple_

from portal import clock
from portal.bulk_statements import execute_bulk
from portal.errors import AssigneeAway, Invalid, NotFound, TooLateToUndo
from portal.extensions import db
from portal.models.people import Actor, User
from portal.models.tickets import (
    BulkAction,
    BulkChange,
    BulkChangeTicket,
    BulkState,
    BulkTicketState,
    SavedReply,
    Ticket,
)
from portal.queries.tickets import bulk_changes as queries
from portal.queueing import Job, enqueue_after_commit
from portal.security import permissions
from portal.services.tickets import bulk_batches, bulk_snapshots, macros

# At once, and by a job.
MAX_TICKETS, MAX_LISTED = 100, 10_000
# How long it can be read what became of each ticket.
KEPT = timedelta(days=1)


class Chosen(NamedTuple):
    """A ticket to change, as it was when it was listed."""

    id: int
    version: int
    updated_at: datetime


def apply(
    *, actor: Actor, chosen: Sequence[Ticket], action: BulkAction, value: Any = None
) -> BulkChange:
    """Apply `action` to each ticket now; closed ones can only be moved into the trash.

    `value` is a User or None, a TicketStatus, a Priority, the key of a type or the name of a
    department or None, a tag's name to add, or a macro. Raises Invalid for more than MAX_TICKETS.
    """
    if len(chosen) > MAX_TICKETS:
        raise Invalid(numbers="too_many")
    listed = [Chosen(ticket.id, ticket.version, ticket.updated_at) for ticket in chosen]
    return start(actor=actor, listed=listed, action=action, value=value)


class ChangeOfOne(NamedTuple):
    """`token` is that of its undo, None where there is none; `answer_id` as `macros.apply` says."""

    token: str | None
    answer_id: int | None


def apply_to_one(
    *,
    actor: Actor,
    ticket: Ticket,
    action: BulkAction,
    value: Any,
    verb: bulk_batches.Verb | None = None,
) -> ChangeOfOne:
    """Apply `action` to one ticket by its own verb, and raise what that raises.

    Staff can undo it, unless nothing has changed, an answer has left, or it is closed, which is
    final.
    """
    before = bulk_snapshots.take(ticket, with_tags=action in bulk_batches.TAGGED)
    version = ticket.version
    verb = verb or bulk_batches.verb_of(actor, action, as_json(value))
    answer_id = verb(ticket)
    is_same = ticket.version == version and answer_id is None
    if is_same or answer_id == 0 or ticket.is_closed or not permissions.can_triage(actor):
        return ChangeOfOne(None, answer_id)
    change = _added(actor, action, value, BulkState.DONE, total=1, changed=1, ended_at=clock.now())
    db.session.add(
        BulkChangeTicket(
            bulk_change_id=change.id,
            ticket_id=ticket.id,
            seen_version=version,
            state=BulkTicketState.CHANGED,
            before=before,
            version=ticket.version,
            answer_id=answer_id,
        )
    )
    return ChangeOfOne(change.token, answer_id)


def start(
    *,
    actor: Actor,
    listed: Sequence[Chosen],
    action: BulkAction,
    value: Any = None,
    query: str = "",
    token: str = "",
    seen_at: datetime | None = None,
    now: bool | None = None,
) -> BulkChange:
    """Change the listed tickets: by a job, if they are more than MAX_TICKETS and not to be `now`.

    What has changed since `seen_at` is left alone. The same `token` again is the same change.
    Raises Invalid for more than MAX_LISTED, and for somebody who cannot be an assignee or is away.
    """
    permissions.require(permissions.can_triage(actor))
    if len(listed) > MAX_LISTED:
        raise Invalid(query="too_many")
    if isinstance(value, User) and not value.is_assignable:
        raise Invalid(assignee="not_staff")
    if isinstance(value, User) and value.is_away and value.id != actor.id:
        raise AssigneeAway
    if token and (begun := queries.find_token(actor, token)):
        return begun
    due_at = clock.now() + bulk_batches.WITHIN
    more = {"token": token or new_token(), "query": query, "due_at": due_at}
    change = _added(actor, action, value, BulkState.RUNNING, total=len(listed), **more)
    _add_tickets(change, listed, seen_at)
    _work_on(change, now=now)
    return change


def cancel(*, actor: Actor, change_id: int) -> BulkChange:
    """Leave alone what has not been changed yet. What was changed can be undone."""
    change = queries.find(actor, change_id, lock=True)
    if change.state == BulkState.RUNNING:
        bulk_batches.end(change, BulkState.CANCELLED)
    return change


def undo(*, actor: Actor, token: str) -> BulkChange:
    """Restore values and times of each ticket that was not changed since.

    Its place in lists comes back with them; version and events say that there were two changes.
    Raises TooLateToUndo, and NotFound when it is another's, or the actor's rights have changed.
    """
    permissions.require(permissions.can_triage(actor))
    change = queries.find_token(actor, token, lock=True)
    if change is None or not change.matches_rights_of(actor):
        raise NotFound
    if change.state in {BulkState.UNDOING, BulkState.UNDONE}:
        return change
    if not queries.can_undo(actor, change):
        raise TooLateToUndo
    change.state, change.ended_at = BulkState.UNDOING, None
    change.due_at = clock.now() + bulk_batches.WITHIN
    _work_on(change)
    return change


def delete_old(limit: int) -> bool:
    """Delete up to `limit` tickets of changes of yesterday, and the changes that have none.

    Returns whether there may be more.
    """
    old = BulkChange.created_at <= clock.now() - KEPT
    key = (BulkChangeTicket.bulk_change_id, BulkChangeTicket.ticket_id)
    oldest = select(*key).join(BulkChange).where(old).limit(limit)
    deleted = execute_bulk(delete(BulkChangeTicket).where(tuple_(*key).in_(oldest)))
    if deleted < limit:
        empty = select(BulkChange.id).where(old).limit(limit)
        execute_bulk(delete(BulkChange).where(BulkChange.id.in_(empty)))
    return deleted == limit


def new_token() -> str:
    return secrets.token_urlsafe(16)


def _added(
    actor: Actor, action: BulkAction, value: Any, state: BulkState, **columns: Any
) -> BulkChange:
    change = BulkChange(
        actor_id=actor.id,
        organization_id=actor.organization_id,
        rights_epoch=actor.rights_epoch,
        action=action,
        value=as_json(value),
        state=state,
        created_at=clock.now(),
        **{"token": new_token(), **columns},
    )
    db.session.add(change)
    db.session.flush()
    return change


def as_json(value: Any) -> Any:
    """The value of an action as it is kept."""
    match value:
        case User():
            return value.id
        case SavedReply():
            return macros.frozen(value)
        case _:
            return value


def _work_on(change: BulkChange, *, now: bool | None = None) -> None:
    """At once, or by a job after the commit."""
    if now if now is not None else change.total <= MAX_TICKETS:
        db.session.flush()
        bulk_batches.work(change, MAX_TICKETS)
    else:
        enqueue_after_commit(db.session(), Job.CHANGE_TICKETS, change.id)


def _add_tickets(change: BulkChange, listed: Iterable[Chosen], seen_at: datetime | None) -> None:
    rows = [
        {
            "bulk_change_id": change.id,
            "ticket_id": one.id,
            # No ticket has version 0: what has changed since is left alone.
            "seen_version": one.version if seen_at is None or one.updated_at <= seen_at else 0,
            "state": BulkTicketState.WAITING,
        }
        for one in listed
    ]
    if rows:
        db.session.execute(insert(BulkChangeTicket), rows)
