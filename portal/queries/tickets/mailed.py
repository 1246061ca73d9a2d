"""Messages as the mails by which they came."""

from sqlalchemy import select

from portal.extensions import db
from portal.models.people import Actor, User
from portal.models.people.person import Person
from portal.models.tickets import Comment, MailedComment
from portal.queries.paging import AnyRow
from portal.queries.tickets.timeline import readable


def as_sent(actor: Actor, ticket_id: int, comment_id: int) -> AnyRow | None:
    """A comment of that very ticket whose mail had HTML, if `actor` may read it.

    The row: message, rest, html, remarks, created_at, and the Person of its author.
    """
    query = (
        select(
            Comment.message,
            Comment.created_at,
            *Person.columns(User),
            MailedComment.rest,
            MailedComment.html,
            MailedComment.remarks,
        )
        .join(User, User.id == Comment.author_id)
        .join(MailedComment, MailedComment.comment_id == Comment.id)
        .where(Comment.id == comment_id, Comment.ticket_id == ticket_id, MailedComment.html != "")
    )
    return db.session.execute(readable(actor, query)).one_or_none()
