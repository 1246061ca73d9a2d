"""Comments and files of a ticket for the API, oldest first."""

from functools import cache

from sqlalchemy import Integer, bindparam, func, select

from portal.extensions import db
from portal.models.people import Actor, User
from portal.models.people.person import Person
from portal.models.tickets import Attachment, Comment, MailedComment, Ticket
from portal.prepared import Prepared
from portal.queries.paging import AnyRow, Page, make_page, parse_id_cursor
from portal.queries.tickets.tickets import visible_to

# A page of comments with all that mails quote could be hundreds of megabytes.
MAX_QUOTED = 20_000
_PUBLIC = Comment.internal.is_(False)


def page(actor: Actor, ticket_id: int, *, size: int, cursor: str = "") -> Page[AnyRow]:
    """A page of comments, oldest first; internal ones for staff only.

    The caller has found the ticket. Rows: id, message, html, quoted, internal, created_at, and the
    Person `author_`.
    """
    after = parse_id_cursor(cursor) or 0
    values = {"ticket_id": ticket_id, "after": after, "size": size + 1}
    return make_page(_page(staff=actor.is_staff).all(values), size, lambda row: str(row.id))


def find_comment(comment_id: int) -> AnyRow:
    """A new comment, with the columns of `page`."""
    return _ONE.one({"comment_id": comment_id})


def files(actor: Actor, ticket_id: int, *, size: int, cursor: str = "") -> Page[AnyRow]:
    """A page of the ticket's files that `actor` may read, oldest first."""
    after = parse_id_cursor(cursor) or 0
    values = {"ticket_id": ticket_id, "after": after, "size": size + 1}
    return make_page(_files(staff=actor.is_staff).all(values), size, lambda row: str(row.id))


def files_of(ticket_id: int, comment_ids: list[int]) -> dict[int, list[AnyRow]]:
    """Files by comment id. The ids come from `page`, so the reader may see them."""
    found: dict[int, list[AnyRow]] = {comment_id: [] for comment_id in comment_ids}
    if comment_ids:
        values = {"ticket_id": ticket_id, "first": min(comment_ids), "last": max(comment_ids)}
        for row in _FILES_BETWEEN.all(values):
            if row.comment_id in found:
                found[row.comment_id].append(row)
    return found


def find_file(actor: Actor, attachment_id: int) -> Attachment | None:
    """A file on any ticket and comment that `actor` may see."""
    query = (
        select(Attachment)
        .join(Comment, Comment.id == Attachment.comment_id)
        .join(Ticket, Ticket.id == Attachment.ticket_id)
        .where(Attachment.id == attachment_id, visible_to(actor))
    )
    return db.session.scalar(query if actor.is_staff else query.where(_PUBLIC))


_COLUMNS = (
    Comment.id,
    Comment.author_id,
    *Person.columns(User, "author_"),
    Comment.message,
    Comment.html,
    func.nullif(func.substr(MailedComment.rest, 1, MAX_QUOTED), "").label("quoted"),
    Comment.internal,
    Comment.created_at,
)
_ALL = (
    select(*_COLUMNS)
    .join(User, User.id == Comment.author_id)
    .outerjoin(MailedComment, MailedComment.comment_id == Comment.id)
)
_ONE: Prepared[AnyRow] = Prepared(_ALL.where(Comment.id == bindparam("comment_id")))


@cache
def _page(*, staff: bool) -> Prepared[AnyRow]:
    query = (
        _ALL.where(Comment.ticket_id == bindparam("ticket_id"), Comment.id > bindparam("after"))
        .order_by(Comment.id)
        .limit(bindparam("size", type_=Integer))
    )
    return Prepared(query if staff else query.where(_PUBLIC))


_FILE = select(
    Attachment.id,
    Attachment.comment_id,
    Attachment.filename,
    Attachment.content_type,
    Attachment.size,
    Attachment.created_at,
).where(Attachment.ticket_id == bindparam("ticket_id"))
_FILES_BETWEEN: Prepared[AnyRow] = Prepared(
    _FILE.where(Attachment.comment_id.between(bindparam("first"), bindparam("last"))).order_by(
        Attachment.id
    )
)


@cache
def _files(*, staff: bool) -> Prepared[AnyRow]:
    query = (
        _FILE.join(Comment, Comment.id == Attachment.comment_id)
        .where(Attachment.id > bindparam("after"))
        .order_by(Attachment.id)
        .limit(bindparam("size", type_=Integer))
    )
    return Prepared(query if staff else query.where(_PUBLIC))
