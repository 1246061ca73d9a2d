"""Answers that leave later: after the moment in which a slip can be undone, or at a chosen time.

Until it is due an answer is no comment, so nothing of it is told, counted or searched. It is posted
by the verb that posts at once, in the transaction that deletes its row: it leaves once or not at
all. Callers have locked the ticket, which decides between sending and taking back.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from portal import clock, logs
from portal.errors import AlreadySent, Forbidden, Invalid, Stale, or_not_found
from portal.extensions import db
from portal.models.people import Actor, User
from portal.models.tickets import (
    EventKind,
    ReasonReturned,
    ScheduledComment,
    ScheduledState,
    Ticket,
    TicketStatus,
)
from portal.queries.tickets import scheduled as queries
from portal.queueing import Job, enqueue_later, publish_change
from portal.security import permissions
from portal.services.tickets import comments, drafts, events, notifications, unsent
from portal.services.tickets.attachments import Upload
from portal.services.tickets.drafts import DraftText

LATEST = timedelta(days=366)
# Pause after a failure that is not the answer's.
_PAUSE = timedelta(minutes=1)


def post_or_schedule(
    *,
    actor: Actor,
    ticket: Ticket,
    message: str,
    internal: bool,
    delay: timedelta,
    send_at: datetime | None = None,
    seen_version: int | None = None,
    seen_scheduled: int = 0,
    **rest: Any,
) -> ScheduledComment | None:
    """Post a comment, or return the answer that leaves after `delay` or at `send_at`.

    `seen_scheduled` is the newest answer that the writer has seen waiting; `rest` are further
    arguments of `comments.post`. Raises what `comments.post` raises.
    """
    comments.require_open(actor=actor, ticket=ticket, internal=internal, seen_version=seen_version)
    what: dict[str, Any] = {
        "actor": actor,
        "ticket": ticket,
        "message": message,
        "seen_version": seen_version,
        **rest,
    }
    if internal or not comments.answers(actor, ticket):
        comments.post(**what, internal=internal)
        return None
    if seen_version is not None:
        require_none_newer(actor=actor, ticket=ticket, seen_id=seen_scheduled, since=seen_version)
    if send_at or delay:
        due_at = send_at or clock.now() + delay
        return schedule(**what, due_at=due_at, later=send_at is not None)
    comments.post(**what)
    return None


def schedule(
    *,
    actor: Actor,
    ticket: Ticket,
    message: str,
    due_at: datetime,
    later: bool,
    uploads: Sequence[Upload] = (),
    seen_version: int | None = None,
    status: TicketStatus | None = None,
) -> ScheduledComment:
    """Let `message` become a public comment at `due_at`. Raises what `comments.post` raises.

    Raises Invalid for a time `later` that is past or more than a year away.
    """
    permissions.require(comments.answers(actor, ticket))
    comments.require_open(actor=actor, ticket=ticket, internal=False, seen_version=seen_version)
    comments.check_message(message)
    if later and not clock.now() < due_at < clock.now() + LATEST:
        raise Invalid(send_at="not_ahead")
    if status is not None:
        permissions.require(permissions.can_set_status(actor, ticket, status))
    row = ScheduledComment(
        ticket_id=ticket.id,
        user_id=actor.id,
        message=message,
        status=status,
        later=later,
        state=ScheduledState.WAITING,
        due_at=due_at,
        created_at=clock.now(),
        request_id=logs.request_id.get()[:64],
    )
    db.session.add(row)
    db.session.flush()
    unsent.hold_files(actor=actor, ticket=ticket, uploads=uploads, scheduled=row)
    enqueue_later(db.session(), due_at, Job.SEND_SCHEDULED, row.id)
    publish_change(db.session(), ticket.id, internal=True)
    return row


def require_none_newer(*, actor: Actor, ticket: Ticket, seen_id: int, since: int) -> None:
    """Raises Stale when somebody else's answer waits that the writer has not seen.

    `seen_id` is the newest that they have seen, `since` the version of the ticket.
    """
    if queries.others_wait(actor, ticket.id, after=seen_id):
        raise Stale(since=since)


def take_back(
    *, actor: Actor, ticket: Ticket, scheduled_id: int, written: DraftText | None = None
) -> None:
    """Give the answer and its files back to what its author writes, in which `written` stands.

    Raises AlreadySent when it has left, Forbidden for somebody else's.
    """
    row = _find(actor, ticket, scheduled_id)
    if row.user_id != actor.id:
        raise Forbidden
    drafts.put_back(actor=actor, ticket=ticket, message=row.message, written=written)
    unsent.release_files(row)
    _settle(actor, row, ticket)


def withdraw(*, actor: Actor, ticket: Ticket, scheduled_id: int) -> bool:
    """Throw the actor's answer away, unless it is back with its author; False when it has left."""
    row = db.session.get(ScheduledComment, scheduled_id, populate_existing=True)
    if row is None or row.ticket_id != ticket.id or row.user_id != actor.id:
        return False
    if row.state == ScheduledState.WAITING:
        _delete(row, ticket)
    return True


def cancel(*, actor: Actor, ticket: Ticket, scheduled_id: int) -> None:
    """Let somebody's answer for later not leave; it is its author's to go on with.

    Raises AlreadySent when it has left, Forbidden for one that is leaving at once.
    """
    row = _find(actor, ticket, scheduled_id)
    permissions.require(row.later)
    authors = unsent.return_to_author(ScheduledComment.id == row.id, ReasonReturned.CANCELLED)
    if not authors:
        raise AlreadySent
    event = events.record(actor=actor, ticket=ticket, kind=EventKind.ANSWER_STOPPED)
    notifications.answers_returned(event=event, authors=authors)


def throw_away(*, actor: Actor, ticket: Ticket, scheduled_id: int) -> None:
    """Delete an answer that was returned. Raises AlreadySent, Forbidden."""
    row = _find(actor, ticket, scheduled_id)
    permissions.require(row.state == ScheduledState.RETURNED)
    _settle(actor, row, ticket)


def send(scheduled_id: int) -> None:
    """Post it if it is due; return it to its author when it cannot be posted any more."""
    row = db.session.get(ScheduledComment, scheduled_id)
    if row is None:
        return
    ticket = db.session.scalars(queries.ticket_locked(row.ticket_id)).one()
    if not _is_waiting(row):
        return
    if row.due_at > clock.now():
        # The clock of whoever enqueued this is ahead of ours.
        enqueue_later(db.session(), row.due_at, Job.SEND_SCHEDULED, row.id)
        return
    author = db.session.get_one(User, row.user_id)
    if reason := _reason_to_return(author, ticket):
        authors = unsent.return_to_author(ScheduledComment.id == row.id, reason)
        notifications.answers_returned(event=queries.last_event(ticket.id), authors=authors)
        publish_change(db.session(), ticket.id, internal=True)
        return
    comments.post(
        actor=author.actor,
        ticket=ticket,
        message=row.message,
        uploads=unsent.take_files_of(row),
        status=TicketStatus(row.status) if row.status else None,
    )
    db.session.delete(row)


def postpone(scheduled_id: int) -> None:
    """Try again later, behind the others, after a failure of ours."""
    row = db.session.get(ScheduledComment, scheduled_id)
    if row is not None:
        row.due_at = clock.now() + _PAUSE


def _find(actor: Actor, ticket: Ticket, scheduled_id: int) -> ScheduledComment:
    permissions.require(permissions.can_note(actor))
    row = db.session.get(ScheduledComment, scheduled_id)
    if row is None:
        raise AlreadySent
    if row.ticket_id != ticket.id:
        or_not_found(None)
    return row


def _is_waiting(row: ScheduledComment) -> bool:
    """Whether it still waits, now that the ticket is locked."""
    query = select(ScheduledComment).where(ScheduledComment.id == row.id)
    again = db.session.scalar(query.execution_options(populate_existing=True))
    return again is not None and again.state == ScheduledState.WAITING


def _reason_to_return(author: User, ticket: Ticket) -> ReasonReturned | None:
    if ticket.deleted_at is not None:
        return ReasonReturned.TRASHED
    if ticket.is_closed:
        return ReasonReturned.TICKET_CLOSED
    if not author.is_active or not author.actor.is_staff:
        return ReasonReturned.AUTHOR_LEFT
    return None


def _settle(actor: Actor, row: ScheduledComment, ticket: Ticket) -> None:
    if row.state == ScheduledState.RETURNED and row.user_id == actor.id:
        notifications.answer_settled(actor=actor, ticket=ticket)
    _delete(row, ticket)


def _delete(row: ScheduledComment, ticket: Ticket) -> None:
    db.session.delete(row)
    db.session.flush()
    publish_change(db.session(), ticket.id, internal=True)
