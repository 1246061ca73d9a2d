"""Comments and changes of a ticket that the reader may see."""

from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    bindparam,
    desc,
    exists,
    false,
    func,
    literal_column,
    null,
    select,
    true,
    union_all,
)

from portal.extensions import db
from portal.models.inbound import InboundMessage
from portal.models.people import Actor, User
from portal.models.people.person import Person
from portal.models.tickets import Attachment, Comment, MailedComment, Thumbnail, TicketEvent
from portal.models.tickets.ticket_event import INTERNAL_KINDS
from portal.prepared import Prepared
from portal.queries.paging import AnyRow, AnySelect

# Comments that a page begins with, and the most that it shows; older ones are on the next.
RECENT = 8
PAGE = 100
# Beyond so many nothing is counted.
MANY = 100
MOST = PAGE + MANY + 1
MOST_CHANGES = 3 * PAGE
# Letters of quotes and signature in a conversation; the message's own page has all of them.
MAX_REST = 4000
_PUBLIC = Comment.internal.is_(False)


class TimelineRow(NamedTuple):
    """A comment (`internal`, `html`) or a change (`kind`, `data`), with its author, `actor_id`.

    A named tuple: reading SQLAlchemy's own rows would cost as much as the statement.
    """

    is_comment: bool
    id: int
    created_at: datetime
    first_name: str
    last_name: str
    email: str
    role: str
    internal: bool
    html: str
    kind: str | None
    data: dict[str, Any] | None
    actor_id: int | None
    # Of a comment of `page`: how many there are, those of the page included, up to MOST.
    total: int = 0
    # Of a comment that came by mail: its MailedKind, up to MAX_REST + 1 letters of its `rest`, its
    # remarks, and who was in copy; the id of the InboundMessage where `journeys` are asked for.
    mailed: str | None = None
    rest: str | None = None
    remarks: str | None = None
    in_copy: str | None = None
    mail_id: int | None = None


def page(
    actor: Actor,
    ticket_id: int,
    *,
    before: int | None = None,
    size: int | None = None,
    journeys: bool = False,
) -> list[TimelineRow]:
    """Up to `size` + 1 comments, then up to MOST_CHANGES other changes; each newest first.

    Internal ones for staff only.
    """
    query = _page(staff=actor.is_staff, before=before is not None, journeys=journeys)
    values = {"ticket_id": ticket_id, "before": before, "size": (size or PAGE) + 1}
    return query.all(values)


@cache
def _page(*, staff: bool, before: bool, journeys: bool) -> Prepared[TimelineRow]:
    """Both in one statement: a round trip costs more than the rows."""
    said = _comments(staff=staff, before=before, since=False).subquery().c
    changed = _events(staff=staff).subquery().c
    comments = select(
        true().label("is_comment"),
        *(said[name] for name in _BOTH),
        said.internal,
        said.html,
        null().label("kind"),
        null().label("data"),
        said.actor_id,
        _total(staff=staff, before=before).label("total"),
        said.mailed,
        said.rest,
        said.remarks,
        said.in_copy,
        (_mail_of(said.id) if journeys else null()).label("mail_id"),
    )
    # The first part of a union determines the column types.
    changes = select(
        false().label("is_comment"),
        *(changed[name] for name in _BOTH),
        false().label("internal"),
        null().label("html"),
        changed.kind,
        changed.data,
        changed.actor_id,
        literal_column("0").label("total"),
        *(null().label(name) for name in ("mailed", "rest", "remarks", "in_copy", "mail_id")),
    )
    both = union_all(changes, comments).order_by(desc("is_comment"), desc("id"))
    return Prepared(both, TimelineRow._make)


def _mail_of(comment_id: ColumnElement[int]) -> ColumnElement[int | None]:
    return (
        select(func.max(InboundMessage.id))
        .where(InboundMessage.comment_id == comment_id)
        .scalar_subquery()
    )


def _total(*, staff: bool, before: bool) -> Any:
    """How many comments there are, up to MOST: one more statement would cost more."""
    query = select(Comment.id).where(Comment.ticket_id == bindparam("ticket_id"))
    if not staff:
        query = query.where(_PUBLIC)
    if before:
        query = query.where(Comment.id < bindparam("before"))
    return select(func.count()).select_from(query.limit(MOST).subquery()).scalar_subquery()


_BOTH = ("id", "created_at", "first_name", "last_name", "email", "role")


def newer_comments(actor: Actor, ticket_id: int, since_version: int) -> list[TimelineRow]:
    """Up to PAGE + 1 comments of others after a version, newest first."""
    query = _comments(staff=actor.is_staff, before=False, since=True)
    values = {"ticket_id": ticket_id, "version": since_version, "actor_id": actor.id}
    rows = db.session.connection().execute(query, values | {"size": PAGE + 1}).mappings()
    return [TimelineRow(**row, is_comment=True, kind=None, data=None) for row in rows]


def _comments(*, staff: bool, before: bool, since: bool) -> AnySelect:
    query = (
        select(
            Comment.id,
            Comment.internal,
            Comment.html,
            Comment.created_at,
            Comment.author_id.label("actor_id"),
            *Person.columns(User),
            User.role,
            MailedComment.kind.label("mailed"),
            func.substr(MailedComment.rest, 1, MAX_REST + 1).label("rest"),
            MailedComment.remarks,
            MailedComment.in_copy,
        )
        .join(User, User.id == Comment.author_id)
        .outerjoin(MailedComment, MailedComment.comment_id == Comment.id)
        .where(Comment.ticket_id == bindparam("ticket_id"))
        .order_by(Comment.id.desc())
        .limit(bindparam("size", type_=Integer))
    )
    if not staff:
        query = query.where(_PUBLIC)
    if before:
        query = query.where(Comment.id < bindparam("before"))
    if since:
        query = query.where(
            _seen_as(staff=staff) > bindparam("version"),
            Comment.author_id != bindparam("actor_id"),
        )
    return query


def _seen_as(*, staff: bool) -> ColumnElement[int]:
    """The version of a comment as staff, or customers, see it."""
    if staff:
        return Comment.ticket_version.expression
    return func.coalesce(Comment.public_version, Comment.ticket_version)


def others_commented_since(actor: Actor, ticket_id: int, version: int) -> bool:
    """Whether somebody else has added a comment that `actor` may read after `version`."""
    query = readable(
        actor,
        select(Comment.id).where(
            Comment.ticket_id == ticket_id,
            _seen_as(staff=actor.is_staff) > version,
            Comment.author_id != actor.id,
        ),
    )
    return bool(db.session.scalar(select(exists(query))))


def _events(*, staff: bool) -> AnySelect:
    query = (
        select(
            TicketEvent.id,
            TicketEvent.kind,
            TicketEvent.data,
            TicketEvent.created_at,
            TicketEvent.actor_id,
            *Person.columns(User),
            User.role,
        )
        .outerjoin(User, User.id == TicketEvent.actor_id)
        .where(TicketEvent.ticket_id == bindparam("ticket_id"), TicketEvent.comment_id.is_(None))
        .order_by(TicketEvent.id.desc())
        .limit(MOST_CHANGES)
    )
    return query if staff else query.where(TicketEvent.kind.not_in(sorted(INTERNAL_KINDS)))


_ATTACHMENTS: Prepared[AnyRow] = Prepared(
    select(
        Attachment.id,
        Attachment.comment_id,
        Attachment.filename,
        Attachment.size,
        # Nothing while there is no thumbnail.
        Thumbnail.width,
        Thumbnail.height,
    )
    .outerjoin(Thumbnail, Thumbnail.attachment_id == Attachment.id)
    .where(
        Attachment.ticket_id == bindparam("ticket_id"),
        Attachment.comment_id.between(bindparam("first"), bindparam("last")),
    )
    .order_by(Attachment.id)
)


def attachments(ticket_id: int, comment_ids: list[int]) -> dict[int, list[AnyRow]]:
    """Files by comment id. The ids come from `page`, so the reader may see them."""
    found: dict[int, list[AnyRow]] = {comment_id: [] for comment_id in comment_ids}
    if comment_ids:
        # By range, because a list of ids would be a different statement for each length.
        values = {"ticket_id": ticket_id, "first": min(comment_ids), "last": max(comment_ids)}
        for row in _ATTACHMENTS.all(values):
            if row.comment_id in found:
                found[row.comment_id].append(row)
    return found


def message(actor: Actor, ticket_id: int, comment_id: int) -> AnyRow | None:
    """A comment of that very ticket as it was written, if `actor` may read it.

    The row: message, internal, created_at, the Person of its author, and if it came by mail the
    MailedKind (`mailed`), `rest`, `remarks` and `mail_id`, the InboundMessage.
    """
    query = (
        select(
            Comment.message,
            Comment.internal,
            Comment.created_at,
            *Person.columns(User),
            MailedComment.kind.label("mailed"),
            MailedComment.rest,
            MailedComment.remarks,
            _mail_of(Comment.id.expression).label("mail_id"),
        )
        .join(User, User.id == Comment.author_id)
        .outerjoin(MailedComment, MailedComment.comment_id == Comment.id)
        .where(Comment.id == comment_id, Comment.ticket_id == ticket_id)
    )
    return db.session.execute(readable(actor, query)).one_or_none()


def readable(actor: Actor, query: AnySelect) -> AnySelect:
    """`query` of comments, limited to those that `actor` may read of a ticket that they see."""
    return query if actor.is_staff else query.where(_PUBLIC)
