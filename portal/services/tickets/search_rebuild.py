"""Makes search documents and names anew that an older analysis of texts has made."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, insert, select, update

from portal.extensions import db
from portal.models.organizations import Organization
from portal.models.people import User
from portal.models.tickets import (
    Attachment,
    Comment,
    SearchDocument,
    SearchName,
    Ticket,
    TicketParticipant,
    search_name,
)
from portal.queries.paging import AnyRow
from portal.services.tickets.search import MessageTerms, ticket_document
from portal.text_analysis.terms import ANALYSIS_VERSION, text_terms

# Kinds of owners of names, by their column.
OWNERS: Mapping[str, tuple[type[Any], Any]] = {
    "user_id": (User, search_name.user_words),
    "organization_id": (Organization, search_name.organization_words),
}


class Fresh(NamedTuple):
    """A document as the present analysis makes it."""

    ticket_id: int
    public: str
    internal: str


def outdated_tickets(below: int, limit: int) -> list[int]:
    """Ids, below `below`, of tickets with an older document, the newest first."""
    query = (
        select(SearchDocument.ticket_id)
        .where(SearchDocument.version < ANALYSIS_VERSION, SearchDocument.ticket_id < below)
        .order_by(SearchDocument.version.desc(), SearchDocument.ticket_id.desc())
        .limit(limit)
    )
    return list(db.session.scalars(query))


def fresh_documents(ids: Sequence[int]) -> list[Fresh]:
    """The documents of these tickets, from their texts. Nothing is locked."""
    tickets = db.session.execute(
        select(
            *(Ticket.id, Ticket.subject, Ticket.external_number, Ticket.organization_id),
            *(Ticket.requester_id, Ticket.assignee_id),
        ).where(Ticket.id.in_(ids))
    )
    comments, shared = _comments(ids), _participants(ids)
    return [_fresh(ticket, comments[ticket.id], shared[ticket.id]) for ticket in tickets]


def rewrite_documents(ids: Sequence[int]) -> None:
    """Replace the documents of these tickets, which nobody changes meanwhile."""
    db.session.execute(
        select(Ticket.id).where(Ticket.id.in_(ids)).order_by(Ticket.id).with_for_update()
    )
    rows = [
        {"of": fresh.ticket_id, "all": fresh.public, "staff": fresh.internal}
        for fresh in fresh_documents(ids)
    ]
    statement = (
        update(SearchDocument)
        .where(SearchDocument.ticket_id == bindparam("of"))
        .values(public=bindparam("all"), internal=bindparam("staff"), version=ANALYSIS_VERSION)
    )
    if rows:
        db.session.connection().execute(statement, rows)


def outdated_names(column: str, after: int, limit: int) -> dict[int, int]:
    """Words of an older analysis, with ids above `after`, and whose they are.

    `column` names the kind of owners.
    """
    owner = SearchName.__table__.c[column]
    query = (
        select(SearchName.id, owner)
        .where(SearchName.version < ANALYSIS_VERSION, SearchName.id > after, owner.is_not(None))
        .order_by(SearchName.id)
        .limit(limit)
    )
    return {row.id: row[1] for row in db.session.execute(query)}


def rewrite_names(column: str, ids: Sequence[int]) -> None:
    """Replace the words of these owners' names, which nobody changes meanwhile."""
    model, words_of = OWNERS[column]
    owners = db.session.scalars(
        select(model).where(model.id.in_(ids)).order_by(model.id).with_for_update()
    )
    rows = [
        row for owner in owners for row in search_name.rows(words_of(owner), **{column: owner.id})
    ]
    db.session.execute(delete(SearchName).where(SearchName.__table__.c[column].in_(ids)))
    if rows:
        db.session.execute(insert(SearchName), rows)


def _comments(ids: Sequence[int]) -> dict[int, list[tuple[AnyRow, list[str]]]]:
    """The comments of each ticket, with the names of their files."""
    found: dict[int, list[tuple[AnyRow, list[str]]]] = defaultdict(list)
    columns = (Comment.ticket_id, Comment.author_id, Comment.internal, Comment.message)
    query = select(Comment.id, *columns).where(Comment.ticket_id.in_(ids)).order_by(Comment.id)
    files: dict[int, list[str]] = defaultdict(list)
    named = select(Attachment.comment_id, Attachment.filename).where(Attachment.ticket_id.in_(ids))
    for comment_id, filename in db.session.execute(named.order_by(Attachment.id)):
        files[comment_id].append(filename)
    for row in db.session.execute(query):
        found[row.ticket_id].append((row, files[row.id]))
    return found


def _participants(ids: Sequence[int]) -> dict[int, list[int]]:
    """Who takes part in each ticket."""
    found: dict[int, list[int]] = defaultdict(list)
    columns = (TicketParticipant.ticket_id, TicketParticipant.user_id)
    for ticket_id, user_id in db.session.execute(select(*columns).where(columns[0].in_(ids))):
        found[ticket_id].append(user_id)
    return found


def _fresh(
    ticket: AnyRow, comments: Iterable[tuple[AnyRow, list[str]]], participants: Sequence[int]
) -> Fresh:
    messages = []
    question = [ticket.external_number or "", ticket.subject]
    for comment, files in comments:
        terms = text_terms([*question, comment.message, *files])
        messages.append(MessageTerms(comment.author_id, comment.internal, terms))
        if not comment.internal:
            question = []
    if question:
        messages.append(MessageTerms(ticket.requester_id, False, text_terms(question)))
    document = ticket_document(
        messages,
        ticket_id=ticket.id,
        organization_id=ticket.organization_id,
        requester_id=ticket.requester_id,
        assignee_id=ticket.assignee_id,
        participant_ids=participants,
    )
    return Fresh(ticket.id, *document)
