"""What was said and done on a ticket, as far as the reader may know it."""

from sqlalchemy import exists, select

from portal.extensions import db
from portal.models import Actor, Attachment, Comment, TicketEvent, User
from portal.models.ticket_event import INTERNAL_KINDS
from portal.queries.paging import AnyRow, AnySelect

# A ticket of thousands of comments opens with its newest; the others are a link away.
PAGE = 100


def comments(
    actor: Actor, ticket_id: int, *, before: int | None = None, since_version: int | None = None
) -> list[AnyRow]:
    """Up to PAGE + 1 comments with their authors, newest first; internal ones for staff alone."""
    query = (
        select(
            Comment.id,
            Comment.author_id,
            Comment.internal,
            Comment.html,
            Comment.created_at,
            User.first_name,
            User.last_name,
            User.email,
            User.role,
        )
        .join(User, User.id == Comment.author_id)
        .where(Comment.ticket_id == ticket_id)
        .order_by(Comment.id.desc())
        .limit(PAGE + 1)
    )
    query = _readable(actor, query)
    if before is not None:
        query = query.where(Comment.id < before)
    if since_version is not None:
        query = query.where(Comment.ticket_version > since_version, Comment.author_id != actor.id)
    return list(db.session.connection().execute(query))


def others_commented_since(actor: Actor, ticket_id: int, version: int) -> bool:
    """Whether somebody else said something that `actor` may read after `version`."""
    query = _readable(
        actor,
        select(Comment.id).where(
            Comment.ticket_id == ticket_id,
            Comment.ticket_version > version,
            Comment.author_id != actor.id,
        ),
    )
    return bool(db.session.scalar(select(exists(query))))


def events(actor: Actor, ticket_id: int) -> list[AnyRow]:
    """Changes other than comments, newest first, at most a few pages' worth."""
    query = (
        select(
            TicketEvent.id,
            TicketEvent.actor_id,
            TicketEvent.kind,
            TicketEvent.data,
            TicketEvent.created_at,
            User.first_name,
            User.last_name,
            User.email,
        )
        .outerjoin(User, User.id == TicketEvent.actor_id)
        .where(TicketEvent.ticket_id == ticket_id, TicketEvent.comment_id.is_(None))
        .order_by(TicketEvent.id.desc())
        .limit(3 * PAGE)
    )
    if not actor.is_staff:
        query = query.where(TicketEvent.kind.not_in(sorted(INTERNAL_KINDS)))
    return list(db.session.connection().execute(query))


def attachments(comment_ids: list[int]) -> dict[int, list[AnyRow]]:
    """Comment id → its files. The ids come from `comments`, so their readers may see them."""
    found: dict[int, list[AnyRow]] = {}
    if comment_ids:
        query = (
            select(Attachment.id, Attachment.comment_id, Attachment.filename, Attachment.size)
            .where(Attachment.comment_id.in_(comment_ids))
            .order_by(Attachment.id)
        )
        for row in db.session.connection().execute(query):
            found.setdefault(row.comment_id, []).append(row)
    return found


def attachment(actor: Actor, ticket_id: int, attachment_id: int) -> Attachment | None:
    """A file of that very ticket, if `actor` may read the comment it hangs on."""
    query = (
        select(Attachment)
        .join(Comment, Comment.id == Attachment.comment_id)
        .where(Attachment.id == attachment_id, Attachment.ticket_id == ticket_id)
    )
    return db.session.scalar(_readable(actor, query))


def _readable(actor: Actor, query: AnySelect) -> AnySelect:
    return query if actor.is_staff else query.where(Comment.internal.is_(False))
