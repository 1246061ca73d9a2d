"""What each member of staff has read. Nobody else's marks are ever shown or changed."""

from sqlalchemy import func, select

from portal.bulk_statements import upsert
from portal.extensions import db
from portal.models.people import Actor
from portal.models.tickets import Comment, TicketRead
from portal.security import permissions
from portal.services.tickets import notifications

_KEY = ("user_id", "ticket_id")


def mark_read(*, actor: Actor, ticket_id: int, comment_id: int) -> None:
    """Remember that `actor` has read that visible ticket up to the comment; never backwards.

    What they were told of it on pages counts as read with it.

    A comment that the ticket does not have stands for the last one before it. Raises Forbidden.
    """
    permissions.require(permissions.can_note(actor))
    query = select(func.max(Comment.id)).where(
        Comment.ticket_id == ticket_id, Comment.id <= comment_id
    )
    last = db.session.scalar(query)
    if last is None:
        return
    connection = db.session.connection()
    statement = upsert(
        TicketRead, connection.dialect.name, key=_KEY, raised=TicketRead.last_comment_id.key
    )
    row = {"user_id": actor.id, "ticket_id": ticket_id, "last_comment_id": last}
    connection.execute(statement, row)
    notifications.mark_ticket_read(actor=actor, ticket_id=ticket_id, comment_id=last)
