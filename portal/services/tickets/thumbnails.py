"""Thumbnails of attached pictures: owed with the attachment, made by `jobs.thumbnails`."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select, update

from portal import clock
from portal.bulk_statements import changed_one
from portal.extensions import db
from portal.models.tickets import Attachment, Comment, Thumbnail
from portal.queueing import Job, enqueue_after_commit, publish_to_ticket
from portal.storage import Stored

# What `security.filetypes` calls the pictures that browsers show.
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
# Busy machines and full disks pass, but what ends the decoder each time is not decoded for ever.
_MAX_TRIES = 6
_PAUSE = timedelta(minutes=1)


def owe(attachments: Sequence[Attachment]) -> None:
    """Let a thumbnail be made of each that is a picture; they have their ids."""
    for attachment in attachments:
        if attachment.content_type in PICTURES:
            db.session.add(Thumbnail(attachment_id=attachment.id, due_at=clock.now()))
            enqueue_after_commit(db.session(), Job.MAKE_THUMBNAIL, attachment.id)


def claim(attachment_id: int) -> str | None:
    """The storage key of a picture whose thumbnail is due; nobody else tries for a while.

    The pause is four times as long with each try. None for what is not due, or not to be tried.
    """
    row = db.session.get(Thumbnail, attachment_id, with_for_update=True)
    if row is None or row.due_at is None or row.due_at > clock.now():
        return None
    if row.tries >= _MAX_TRIES:
        row.due_at = None
        return None
    row.due_at = clock.now() + _PAUSE * 4**row.tries
    row.tries += 1
    return db.session.scalar(select(Attachment.storage_key).where(Attachment.id == attachment_id))


def finish(attachment_id: int, stored: Stored, *, width: int, height: int) -> bool:
    """Name the file; False when the attachment is gone, or has its thumbnail already."""
    statement = (
        update(Thumbnail)
        .where(Thumbnail.attachment_id == attachment_id, Thumbnail.storage_key.is_(None))
        .values(due_at=None, storage_key=stored.key, size=stored.size, width=width, height=height)
    )
    if not changed_one(statement):
        return False
    query = (
        select(Comment.ticket_id, Comment.internal)
        .join(Attachment, Attachment.comment_id == Comment.id)
        .where(Attachment.id == attachment_id)
    )
    ticket_id, internal = db.session.execute(query).one()
    publish_to_ticket(db.session(), ticket_id, internal=internal)
    return True


def refuse(attachment_id: int) -> None:
    """It is no picture: it stays a plain file."""
    statement = update(Thumbnail).where(Thumbnail.attachment_id == attachment_id)
    changed_one(statement.values(due_at=None))


def due_ids(limit: int) -> list[int]:
    """Attachments whose thumbnails are due, the newest first."""
    query = select(Thumbnail.attachment_id).where(Thumbnail.due_at <= clock.now())
    return list(db.session.scalars(query.order_by(Thumbnail.due_at.desc()).limit(limit)))
