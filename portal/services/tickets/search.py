"""Maintains the search documents of tickets, in the transaction of each change."""

from collections.abc import Iterable, Sequence

from portal.extensions import db
from portal.models.tickets import Comment, SearchDocument, Ticket
from portal.queries.tickets.search import documents
from portal.text_analysis.terms import text_terms


def index_ticket(ticket: Ticket, texts: Iterable[str]) -> None:
    """Add the document of a new ticket, with its number and public texts."""
    document = public_document(
        ticket_id=ticket.id,
        organization_id=ticket.organization_id,
        requester_id=ticket.requester_id,
        authors=[ticket.requester_id],
        texts=texts,
    )
    db.session.add(SearchDocument(ticket_id=ticket.id, public=document))


def warm_term_cache(*texts: str) -> None:
    """Compute and cache the terms of new words, which takes long."""
    text_terms(texts)


def public_document(
    *,
    ticket_id: int,
    organization_id: int,
    requester_id: int,
    authors: Iterable[int],
    texts: Iterable[str],
) -> str:
    """The document that everybody who sees the ticket can search."""
    head = documents.head(
        ticket_id=ticket_id, organization_id=organization_id, requester_id=requester_id
    )
    marks = map(documents.author_mark, authors)
    return documents.add_terms(head, [*marks, *text_terms(texts)])


def index_subject(ticket: Ticket) -> None:
    """Add the words of the new subject; those of former subjects stay."""
    document = db.session.get_one(SearchDocument, ticket.id)
    document.public = documents.add_terms(document.public, text_terms([ticket.subject]))


def index_comment(comment: Comment, filenames: Sequence[str] = ()) -> None:
    """Add a comment's words and author; those of an internal note for staff only."""
    document = db.session.get_one(SearchDocument, comment.ticket_id)
    author = documents.author_mark(comment.author_id)
    terms = [author, *text_terms([comment.message, *filenames])]
    if comment.internal:
        document.internal = documents.add_terms(document.internal, map(documents.internal, terms))
    else:
        document.public = documents.add_terms(document.public, terms)


def index_assignee(ticket: Ticket, former_id: int | None) -> None:
    """Note who has the ticket now."""
    document = db.session.get(SearchDocument, ticket.id)
    if document is None:
        return
    old = [] if former_id is None else [documents.assignee_mark(former_id)]
    new = [] if ticket.assignee_id is None else [documents.assignee_mark(ticket.assignee_id)]
    document.internal = documents.replace_marks(document.internal, old=old, new=new)
