"""Adds rows for files whose bytes were stored before the transaction."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.extensions import db
from portal.models.tickets import Attachment, Comment, Ticket
from portal.services.organizations import storage
from portal.services.tickets import thumbnails


@dataclass(frozen=True, slots=True)
class Upload:
    """A stored file: its storage key, name, type, size in bytes and SHA-256.

    `content_id` is what the HTML of the mail calls it that it came with.
    """

    key: str
    filename: str
    content_type: str
    size: int
    sha256: str
    content_id: str = ""


def attach(*, ticket: Ticket, comment: Comment, uploads: Sequence[Upload]) -> None:
    """Add a row for each upload. After a rollback, the sweep removes the files."""
    rows = [
        Attachment(
            ticket_id=comment.ticket_id,
            comment_id=comment.id,
            filename=upload.filename,
            content_type=upload.content_type,
            size=upload.size,
            sha256=upload.sha256,
            storage_key=upload.key,
            content_id=upload.content_id,
        )
        for upload in uploads
    ]
    db.session.add_all(rows)
    if rows:
        db.session.flush()  # thumbnails need their ids
        thumbnails.owe(rows)
    if not comment.internal:
        storage.add(ticket.organization_id, sum(upload.size for upload in uploads))
