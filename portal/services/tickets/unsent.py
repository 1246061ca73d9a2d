"""What staff have written and has not left: returning it to its author, and its files."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select, update

from portal import clock
from portal.bulk_statements import execute_bulk
from portal.errors import Invalid
from portal.extensions import db
from portal.models.people import Actor
from portal.models.tickets import (
    ReasonReturned,
    ScheduledComment,
    ScheduledState,
    Ticket,
    UnsentAttachment,
)
from portal.services.tickets.attachments import Upload

# As long as drafts.
KEPT = timedelta(days=90)


def return_overtaken(ticket: Ticket) -> set[int]:
    """Return answers for later to their authors, whose ids they are: the customer wrote first."""
    return return_to_author(
        (ScheduledComment.ticket_id == ticket.id) & ScheduledComment.later,
        ReasonReturned.CUSTOMER_WROTE,
    )


def return_to_author(which: ColumnElement[bool], reason: ReasonReturned) -> set[int]:
    """Let those that still wait not leave; ids of their authors."""
    waiting = which & (ScheduledComment.state == ScheduledState.WAITING)
    authors = set(db.session.scalars(select(ScheduledComment.user_id).where(waiting)))
    if authors:
        returned = {"state": ScheduledState.RETURNED, "reason": reason}
        execute_bulk(update(ScheduledComment).where(waiting).values(returned))
    return authors


def hold_files(
    *, actor: Actor, ticket: Ticket, uploads: Sequence[Upload], scheduled: ScheduledComment
) -> None:
    """Keep the files until the answer leaves."""
    db.session.add_all(
        UnsentAttachment(
            ticket_id=ticket.id,
            user_id=actor.id,
            scheduled_comment_id=scheduled.id,
            filename=upload.filename,
            content_type=upload.content_type,
            size=upload.size,
            sha256=upload.sha256,
            storage_key=upload.key,
        )
        for upload in uploads
    )


def take_files(*, actor: Actor, ticket: Ticket, ids: Sequence[int]) -> list[Upload]:
    """Those files of what the actor writes to the ticket; its others are forgotten.

    Raises Invalid when one is not there any more.
    """
    mine = (
        (UnsentAttachment.user_id == actor.id)
        & (UnsentAttachment.ticket_id == ticket.id)
        & UnsentAttachment.scheduled_comment_id.is_(None)
    )
    found = _taken(mine)
    if not set(ids) <= set(found):
        raise Invalid(attachments="gone")
    return [found[number] for number in sorted(set(ids))]


def take_files_of(scheduled: ScheduledComment) -> list[Upload]:
    """The files of the answer, which is about to leave."""
    return list(_taken(UnsentAttachment.scheduled_comment_id == scheduled.id).values())


def _taken(which: ColumnElement[bool]) -> dict[int, Upload]:
    rows = db.session.scalars(select(UnsentAttachment).where(which).order_by(UnsentAttachment.id))
    found = {
        row.id: Upload(row.storage_key, row.filename, row.content_type, row.size, row.sha256)
        for row in rows
    }
    if found:
        execute_bulk(delete(UnsentAttachment).where(UnsentAttachment.id.in_(found)))
    return found


def release_files(scheduled: ScheduledComment) -> None:
    """Give the files of an answer that was taken back to what its author writes."""
    execute_bulk(
        update(UnsentAttachment)
        .where(UnsentAttachment.scheduled_comment_id == scheduled.id)
        .values(scheduled_comment_id=None, created_at=clock.now())
    )


def delete_old(limit: int) -> None:
    """Delete up to `limit` each of files and returned answers that nobody has wanted for long."""
    before = clock.now() - KEPT
    returned = ScheduledComment.state == ScheduledState.RETURNED
    _delete_answers(returned & (ScheduledComment.due_at < before), limit)
    _delete_files(before, limit)


def _delete_answers(which: ColumnElement[bool], limit: int) -> None:
    old = select(ScheduledComment.id).where(which).limit(limit)
    execute_bulk(delete(ScheduledComment).where(ScheduledComment.id.in_(old)))


def _delete_files(before: datetime, limit: int) -> None:
    loose = UnsentAttachment.scheduled_comment_id.is_(None)
    old = select(UnsentAttachment.id).where(loose & (UnsentAttachment.created_at < before))
    execute_bulk(delete(UnsentAttachment).where(UnsentAttachment.id.in_(old.limit(limit))))
