"""Tickets that somebody has filed, written in, or takes part in."""

from sqlalchemy import select

from portal.extensions import db
from portal.models.tickets import Ticket, TicketParticipant
from portal.queries.tickets.search import conditions
from portal.queries.tickets.search.documents import author_mark
from portal.queries.tickets.search.expressions import AnyTerm
from portal.queries.tickets.search.matching import Matching
from portal.search_language.tree import Word


def ids(user_id: int, *, limit: int) -> list[int]:
    """Ids of up to `limit` of them, those in the trash as well.

    No index leads from a person to comments, but the search index knows who wrote in a ticket.
    """
    filed = select(Ticket.id).where(Ticket.requester_id == user_id)
    written = select(Ticket.id).where(conditions.is_among_literally(_written_by(user_id)))
    shared = select(TicketParticipant.ticket_id).where(TicketParticipant.user_id == user_id)
    found = {
        row for query in (filed, written, shared) for row in db.session.scalars(query.limit(limit))
    }
    return sorted(found)[:limit]


def _written_by(user_id: int) -> Matching:
    mark = AnyTerm((author_mark(user_id),))
    return Matching(
        excludes=False, words=mark, exact=mark, last=mark, tree=Word(author_mark(user_id))
    )
