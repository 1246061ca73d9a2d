"""Maintains the search documents of tickets, in the transaction of each change."""

from collections.abc import Iterable

from portal.extensions import db
from portal.models.tickets import Comment, SearchDocument, Ticket
from portal.queries.tickets import search


def index_ticket(ticket: Ticket, texts: Iterable[str]) -> None:
    """Add the document of a new ticket, with its number and public texts."""
    document = public_document(
        ticket_id=ticket.id,
        organization_id=ticket.organization_id,
        requester_id=ticket.requester_id,
        texts=texts,
    )
    db.session.add(SearchDocument(ticket_id=ticket.id, public=document))


def warm_stem_cache(*texts: str) -> None:
    """Compute and cache the stems of new words, which takes long."""
    search.stems(texts)


def public_document(
    *, ticket_id: int, organization_id: int, requester_id: int, texts: Iterable[str]
) -> str:
    """The document that everybody who sees the ticket can search."""
    owners = search.owner_marks(organization_id=organization_id, requester_id=requester_id)
    return search.add_words(" ".join([*owners, str(ticket_id)]), search.stems(texts))


def index_subject(ticket: Ticket) -> None:
    """Add the words of the new subject; those of former subjects stay."""
    document = db.session.get_one(SearchDocument, ticket.id)
    document.public = search.add_words(document.public, search.stems([ticket.subject]))


def index_comment(comment: Comment) -> None:
    """Add a comment's words; those of an internal note for staff only."""
    document = db.session.get_one(SearchDocument, comment.ticket_id)
    words = search.stems([comment.message])
    if comment.internal:
        document.internal = search.add_words(document.internal, search.mark_internal(words))
    else:
        document.public = search.add_words(document.public, words)
