"""Posting comments: public replies and internal notes."""

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

from sqlalchemy import bindparam, select, tuple_, update

from portal import clock, markdown
from portal.errors import Invalid, Stale, TicketClosed
from portal.extensions import db
from portal.models.people import Actor, User
from portal.models.tickets import Comment, EventKind, Ticket, TicketEvent, TicketStatus
from portal.queries.tickets import timeline
from portal.queries.tickets.participants import may_answer
from portal.security import permissions
from portal.services.delivery import ticket_mails
from portal.services.organizations import plans
from portal.services.tickets import (
    attachments,
    changes,
    counts,
    events,
    last_messages,
    notifications,
    participants,
    search,
    unsent,
)
from portal.services.tickets.attachments import Upload

MAX_MESSAGE = 65_536
# Position in the order of rendering again: (renderer_version, id).
RenderPosition: TypeAlias = tuple[int, int]
FIRST_POSITION: RenderPosition = (-1, 0)


@counts.together()
def post(
    *,
    actor: Actor,
    ticket: Ticket,
    message: str,
    internal: bool = False,
    uploads: Sequence[Upload] = (),
    seen_version: int | None = None,
    status: TicketStatus | None = None,
) -> Comment:
    """Add a comment to `ticket`, which the caller has locked.

    `seen_version` is the version that the writer saw; None skips that check. `status` is set with
    the comment. Raises Stale when somebody else has commented since, TicketClosed, Invalid,
    Forbidden.
    """
    require_open(actor=actor, ticket=ticket, internal=internal, seen_version=seen_version)
    kind = EventKind.NOTED if internal else EventKind.COMMENTED
    changes.bump_version(ticket, kind)
    if not internal:
        message = _signed(actor, ticket, message)
    comment = add(actor=actor, ticket=ticket, message=message, internal=internal, uploads=uploads)
    event = events.record(actor=actor, ticket=ticket, kind=kind, comment=comment)
    search.index_comment(comment, [upload.filename for upload in uploads])
    if not internal:
        _note_first_response(actor, ticket)
        if not actor.is_staff and actor.id != ticket.requester_id:
            participants.note_comment(actor=actor, comment=comment)
        last_messages.note_word(ticket, is_answer=answers(actor, ticket))
        if not answers(actor, ticket):
            authors = unsent.return_overtaken(ticket)
            notifications.answers_returned(event=event, authors=authors)
    change = _update_status(actor, ticket, status, internal=internal)
    ticket_mails.comment_posted(
        actor=actor, event=event, ticket=ticket, internal=internal, change=change
    )
    notifications.comment_posted(actor=actor, event=event, ticket=ticket, comment=comment)
    return comment


def note_of_program(
    *, actor: Actor, ticket: Ticket, message: str, uploads: Sequence[Upload] = ()
) -> Comment:
    """What a program has sent in the actor's name, as a note: nobody has answered.

    Nobody is told, and the status stays. The caller has locked the ticket.
    """
    changes.bump_version(ticket, EventKind.NOTED)
    comment = add(actor=actor, ticket=ticket, message=message, internal=True, uploads=uploads)
    events.record(actor=actor, ticket=ticket, kind=EventKind.NOTED, comment=comment)
    search.index_comment(comment, [upload.filename for upload in uploads])
    return comment


def require_open(*, actor: Actor, ticket: Ticket, internal: bool, seen_version: int | None) -> None:
    """Raises what `post` raises for the ticket's state and the actor's rights."""
    permissions.require(may_answer(actor, ticket))
    permissions.require(permissions.can_note(actor) or not internal)
    if ticket.is_closed:
        raise TicketClosed
    if seen_version is not None and timeline.others_commented_since(actor, ticket.id, seen_version):
        raise Stale(since=seen_version)


def answers(actor: Actor, ticket: Ticket) -> bool:
    """Whether the actor writes as staff to somebody else."""
    return actor.is_staff and actor.id != ticket.requester_id


def prerender(message: str, *, subject: str = "", uploads: Sequence[Upload] = ()) -> None:
    """Render a text and compute terms of new words, before the write transaction.

    Results are cached for a moment. Otherwise both would be done under the write lock.
    """
    render(message)
    search.warm_term_cache(subject, message, *(upload.filename for upload in uploads))


def prerender_answer(
    *, actor: Actor, message: str, internal: bool = False, uploads: Sequence[Upload] = ()
) -> None:
    """`prerender` for the text that `post` makes of `message`."""
    if actor.is_staff and not internal:
        signature = select(User.signature).where(User.id == actor.id)
        message = _with_signature(message, db.session.scalar(signature) or "")
    prerender(message, uploads=uploads)


def add(
    *, actor: Actor, ticket: Ticket, message: str, internal: bool, uploads: Sequence[Upload]
) -> Comment:
    """Add the rows of a comment only; `post` and filing a ticket build on it. Raises PlanFull."""
    check_message(message)
    if not actor.is_staff:
        size = sum(upload.size for upload in uploads)
        plans.require_room_for_files(ticket.organization_id, size)
    comment = Comment(
        ticket_id=ticket.id,
        author_id=actor.id,
        internal=internal,
        message=message,
        html=render(message),
        renderer_version=markdown.RENDERER_VERSION,
        ticket_version=ticket.version,
        public_version=ticket.public_version,
        created_at=clock.now(),
    )
    db.session.add(comment)
    db.session.flush()  # attachments and the event need the comment's id
    if not internal:
        last_messages.remember(ticket, comment)
    attachments.attach(ticket=ticket, comment=comment, uploads=uploads)
    return comment


def check_message(message: str) -> None:
    """Raises Invalid."""
    if not message:
        raise Invalid(message="required")
    if len(message) > MAX_MESSAGE:
        raise Invalid(message="too_long")


def render(message: str) -> str:
    """The message as safe HTML. Cached for a moment."""
    return _rendered(message, markdown.RENDERER_VERSION)


def preview(*, actor: Actor, ticket: Ticket | None, message: str, internal: bool) -> str:
    """What `post` would show of the text, as safe HTML; no ticket: of a new one."""
    if ticket is not None and message and not internal:
        message = _signed(actor, ticket, message)
    return markdown.render(message)


def outdated_comments(last: RenderPosition, limit: int) -> list[tuple[int, int, str]]:
    """(version, id, message) of comments after `last` rendered by an older renderer."""
    place = (Comment.renderer_version, Comment.id)
    query = (
        select(*place, Comment.message)
        .where(place[0] < markdown.RENDERER_VERSION, tuple_(*place) > tuple_(*last))
        .order_by(*place)
        .limit(limit)
    )
    return [(version, of, text) for version, of, text in db.session.execute(query)]


def replace_html(rendered: Sequence[tuple[int, str, str]]) -> None:
    """Update the html of (id, message, html) unless the message has changed."""
    statement = (
        update(Comment)
        .where(Comment.id == bindparam("of"), Comment.message == bindparam("written"))
        .values(html=bindparam("shown"), renderer_version=markdown.RENDERER_VERSION)
    )
    rows = [{"of": of, "written": text, "shown": html} for of, text, html in rendered]
    if rows:
        db.session.connection().execute(statement, rows)


def _signed(actor: Actor, ticket: Ticket, message: str) -> str:
    """The message with the writer's signature, for staff who answer somebody else."""
    if not answers(actor, ticket):
        return message
    return _with_signature(message, db.session.get_one(User, actor.id).signature)


def _with_signature(message: str, signature: str) -> str:
    signed = f"{message}\n\n{signature}" if signature and message else message
    return signed if len(signed) <= MAX_MESSAGE else message


@lru_cache(maxsize=8)
def _rendered(message: str, _version: int) -> str:
    """Cached for concurrent requests."""
    return markdown.render(message)


def _note_first_response(actor: Actor, ticket: Ticket) -> None:
    """Record the time of the first public comment by staff."""
    if answers(actor, ticket) and ticket.first_response_at is None:
        ticket.first_response_at = clock.now()


def _update_status(
    actor: Actor, ticket: Ticket, status: TicketStatus | None, *, internal: bool
) -> TicketEvent | None:
    """Set the given status, or the one that follows from who has commented."""
    if status is not None:
        permissions.require(permissions.can_set_status(actor, ticket, status))
        return changes.set_status(actor=actor, ticket=ticket, status=status)
    if internal:
        return None
    is_answer = answers(actor, ticket)
    opens = {TicketStatus.NEW} if is_answer else {TicketStatus.PENDING, TicketStatus.SOLVED}
    if ticket.status not in opens:
        return None
    return changes.set_status(actor=actor, ticket=ticket, status=TicketStatus.OPEN)
