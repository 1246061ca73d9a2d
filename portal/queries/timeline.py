"""What was said and done on a ticket, as far as the reader may know it."""

from functools import cache

from sqlalchemy import bindparam, exists, select

from portal.extensions import db
from portal.models import Actor, Attachment, Comment, TicketEvent, User
from portal.models.ticket_event import INTERNAL_KINDS
from portal.queries.paging import AnyRow, AnySelect

# A ticket of thousands of comments opens with its newest; the others are a link away.
PAGE = 100
_PUBLIC = Comment.internal.is_(False)


def comments(
    actor: Actor, ticket_id: int, *, before: int | None = None, since_version: int | None = None
) -> list[AnyRow]:
    """Up to PAGE + 1 comments with their authors, newest first; internal ones for staff alone."""
    query = _comments(
        staff=actor.is_staff, before=before is not None, since=since_version is not None
    )
    values = {
        "ticket_id": ticket_id,
        "before": before,
        "version": since_version,
        "actor_id": actor.id,
    }
    return list(db.session.connection().execute(query, values).all())


@cache
def _comments(*, staff: bool, before: bool, since: bool) -> AnySelect:
    """Each form of the statement is built once."""
    query = (
        select(
            Comment.id,
            Comment.internal,
            Comment.html,
            Comment.created_at,
            User.first_name,
            User.last_name,
            User.email,
            User.role,
        )
        .join(User, User.id == Comment.author_id)
        .where(Comment.ticket_id == bindparam("ticket_id"))
        .order_by(Comment.id.desc())
        .limit(PAGE + 1)
    )
    if not staff:
        query = query.where(_PUBLIC)
    if before:
        query = query.where(Comment.id < bindparam("before"))
    if since:
        query = query.where(
            Comment.ticket_version > bindparam("version"),
            Comment.author_id != bindparam("actor_id"),
        )
    return query


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
    query = _events(staff=actor.is_staff)
    return list(db.session.connection().execute(query, {"ticket_id": ticket_id}).all())


@cache
def _events(*, staff: bool) -> AnySelect:
    query = (
        select(
            TicketEvent.id,
            TicketEvent.kind,
            TicketEvent.data,
            TicketEvent.created_at,
            TicketEvent.actor_id,
            User.first_name,
            User.last_name,
            User.email,
        )
        .outerjoin(User, User.id == TicketEvent.actor_id)
        .where(TicketEvent.ticket_id == bindparam("ticket_id"), TicketEvent.comment_id.is_(None))
        .order_by(TicketEvent.id.desc())
        .limit(3 * PAGE)
    )
    return query if staff else query.where(TicketEvent.kind.not_in(sorted(INTERNAL_KINDS)))


_ATTACHMENTS = (
    select(Attachment.id, Attachment.comment_id, Attachment.filename, Attachment.size)
    .where(
        Attachment.ticket_id == bindparam("ticket_id"),
        Attachment.comment_id.between(bindparam("first"), bindparam("last")),
    )
    .order_by(Attachment.id)
)


def attachments(ticket_id: int, comment_ids: list[int]) -> dict[int, list[AnyRow]]:
    """Comment id → its files. The ids come from `comments`, so their readers may see them."""
    found: dict[int, list[AnyRow]] = {comment_id: [] for comment_id in comment_ids}
    if comment_ids:
        # Asked by their ends, because a list of ids would be another statement for each length.
        values = {"ticket_id": ticket_id, "first": min(comment_ids), "last": max(comment_ids)}
        for row in db.session.connection().execute(_ATTACHMENTS, values):
            if row.comment_id in found:
                found[row.comment_id].append(row)
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
    return query if actor.is_staff else query.where(_PUBLIC)
