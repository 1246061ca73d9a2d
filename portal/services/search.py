"""Keeps the search documents: what is written is found, from its transaction on."""

from collections.abc import Sequence

from portal.extensions import db
from portal.models import Comment, SearchDocument, Ticket
from portal.queries import search


def index_ticket(ticket: Ticket, texts: Sequence[str]) -> None:
    """A new ticket's words, which its requester may find."""
    db.session.add(
        SearchDocument(
            ticket_id=ticket.id, public=search.document(texts, search.scopes(ticket)), internal=""
        )
    )


def index_comment(comment: Comment) -> None:
    """A comment's words; those of an internal note are for staff alone."""
    found = db.session.get_one(SearchDocument, comment.ticket_id)
    if comment.internal:
        found.internal = search.document([comment.message], found.internal)
    else:
        found.public = search.document([comment.message], found.public)
