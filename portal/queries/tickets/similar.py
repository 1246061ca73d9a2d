"""Earlier tickets on the same matter as one."""

from sqlalchemy import select

from portal.extensions import db
from portal.models.people import Actor
from portal.models.tickets import Comment, Ticket
from portal.queries.paging import AnyRow
from portal.queries.tickets import search
from portal.queries.tickets.tickets import visible_to

_SHOWN = 5
# Some of the most alike may be in the trash.
_READ = 20
_MAX_TEXT = 2_000


def of_ticket(actor: Actor, ticket: Ticket) -> list[AnyRow]:
    """Those that `actor` sees, the most alike first. Rows: id, subject, status, updated_at."""
    first = select(Comment.message).where(
        Comment.ticket_id == ticket.id, Comment.internal.is_(False)
    )
    message = db.session.scalar(first.order_by(Comment.id).limit(1)) or ""
    ids = search.similar_ids(ticket.subject, message[:_MAX_TEXT], actor, besides=ticket.id)[:_READ]
    if not ids:
        return []
    query = select(Ticket.id, Ticket.subject, Ticket.status, Ticket.updated_at)
    rows = db.session.execute(query.where(Ticket.id.in_(ids), visible_to(actor)))
    return sorted(rows, key=lambda row: ids.index(row.id))[:_SHOWN]
