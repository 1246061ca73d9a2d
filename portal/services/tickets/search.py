"""Maintains the search documents of tickets, in the transaction of each change."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from portal.extensions import db
from portal.models.tickets import Comment, SearchDocument, Ticket
from portal.queries.tickets.search import documents
from portal.text_analysis.terms import text_terms


class MessageTerms(NamedTuple):
    """The terms of a message, and who wrote it."""

    author_id: int
    internal: bool
    terms: Sequence[str]


class TicketDocument(NamedTuple):
    """What everybody who sees the ticket can search, and what the staff search besides."""

    public: str
    internal: str


def ticket_document(
    messages: Iterable[MessageTerms],
    *,
    ticket_id: int,
    organization_id: int,
    requester_id: int,
    assignee_id: int | None,
    participant_ids: Iterable[int] = (),
) -> TicketDocument:
    """The document of a ticket with these messages."""
    public: list[str] = []
    internal = [] if assignee_id is None else [documents.assignee_mark(assignee_id)]
    for message in messages:
        terms = [documents.author_mark(message.author_id), *message.terms]
        if message.internal:
            internal += map(documents.internal, terms)
        else:
            public += terms
    head = documents.head(
        ticket_id=ticket_id,
        organization_id=organization_id,
        requester_id=requester_id,
        participant_ids=participant_ids,
    )
    return TicketDocument(documents.add_terms(head, public), documents.add_terms("", internal))


def index_ticket(ticket: Ticket, texts: Iterable[str], *, author_id: int) -> None:
    """Add the document of a new ticket, with its number and public texts."""
    document = ticket_document(
        [MessageTerms(author_id, internal=False, terms=text_terms(texts))],
        ticket_id=ticket.id,
        organization_id=ticket.organization_id,
        requester_id=ticket.requester_id,
        assignee_id=None,
    )
    db.session.add(SearchDocument(ticket_id=ticket.id, public=document.public))


def warm_term_cache(*texts: str) -> None:
    """Compute and cache the terms of new words, which takes long."""
    text_terms(texts)


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


def index_participant(ticket: Ticket, user_id: int, *, takes_part: bool) -> None:
    """Note that somebody takes part now, or does not any more."""
    document = db.session.get_one(SearchDocument, ticket.id)
    mark = documents.participant_mark(user_id)
    new = [mark] if takes_part else []
    document.public = documents.replace_marks(document.public, old=[mark], new=new)


def index_assignee(ticket: Ticket, former_id: int | None) -> None:
    """Note who has the ticket now."""
    document = db.session.get(SearchDocument, ticket.id)
    if document is None:
        return
    old = [] if former_id is None else [documents.assignee_mark(former_id)]
    new = [] if ticket.assignee_id is None else [documents.assignee_mark(ticket.assignee_id)]
    document.internal = documents.replace_marks(document.internal, old=old, new=new)
