"""Files of comments that the reader may see."""

from sqlalchemy import select

from portal.extensions import db
from portal.models.people import Actor
from portal.models.tickets import Attachment, Comment, Thumbnail
from portal.queries.paging import AnyRow
from portal.queries.tickets.timeline import readable

# No mail shows more of its own.
_MOST = 100


def attachment(actor: Actor, ticket_id: int, attachment_id: int) -> Attachment | None:
    """A file of that ticket, if `actor` may read its comment."""
    query = (
        select(Attachment)
        .join(Comment, Comment.id == Attachment.comment_id)
        .where(Attachment.id == attachment_id, Attachment.ticket_id == ticket_id)
    )
    return db.session.scalar(readable(actor, query))


def thumbnail(actor: Actor, ticket_id: int, attachment_id: int) -> Thumbnail | None:
    """The thumbnail of such a file, if there is one."""
    query = (
        select(Thumbnail)
        .join(Attachment, Attachment.id == Thumbnail.attachment_id)
        .join(Comment, Comment.id == Attachment.comment_id)
        .where(
            Attachment.id == attachment_id,
            Attachment.ticket_id == ticket_id,
            Thumbnail.storage_key.is_not(None),
        )
    )
    return db.session.scalar(readable(actor, query))


def of_mail(comment_id: int) -> list[AnyRow]:
    """Files of a comment that the reader may see, as its mail names them.

    `thumbnail` is the key of a small picture, once there is one.
    """
    query = (
        select(
            Attachment.content_id,
            Attachment.filename,
            Attachment.content_type,
            Attachment.size,
            Attachment.storage_key,
            Thumbnail.storage_key.label("thumbnail"),
            Thumbnail.size.label("thumbnail_size"),
        )
        .outerjoin(Thumbnail, Thumbnail.attachment_id == Attachment.id)
        .where(Attachment.comment_id == comment_id)
        .order_by(Attachment.id)
        .limit(_MOST)
    )
    return list(db.session.execute(query))
