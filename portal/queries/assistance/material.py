"""What of tickets a call of the language model is made of: public messages, never notes."""

from typing import NamedTuple

from sqlalchemy import or_, select

from portal.extensions import db
from portal.models.organizations import Organization
from portal.models.people import Actor, Role, User
from portal.models.people.person import Person, name_of
from portal.models.tickets import Comment, Ticket, TicketStatus
from portal.queries.assistance import model_permissions
from portal.queries.paging import AnyRow
from portal.queries.tickets import participants, similar
from portal.queries.tickets.tickets import visible_to

MAX_MESSAGES = 30
MAX_SIMILAR = 2
_ENDED = (TicketStatus.SOLVED, TicketStatus.CLOSED)


class SolvedTicket(NamedTuple):
    """What was asked, and the last public answer of the staff."""

    id: int
    subject: str
    answer: str


def messages(ticket: Ticket) -> list[AnyRow]:
    """The newest public ones of a ticket that the actor sees, oldest first.

    Rows: message, role and the Person of the author.
    """
    query = (
        select(Comment.message, User.role, *Person.columns(User))
        .join(User, User.id == Comment.author_id)
        .where(Comment.ticket_id == ticket.id, Comment.internal.is_(False))
        .order_by(Comment.id.desc())
        .limit(MAX_MESSAGES)
    )
    return list(db.session.execute(query))[::-1]


def solved_alike(actor: Actor, ticket: Ticket) -> list[SolvedTicket]:
    """Solved tickets on the same matter that `actor` sees and the model may read."""
    ids = [row.id for row in similar.of_ticket(actor, ticket) if row.status in _ENDED]
    rows = _allowed(actor, ids)
    answers = {row.id: answer for row in rows if (answer := _last_answer(row.id))}
    found = [
        SolvedTicket(row.id, row.subject, answers[row.id]) for row in rows if row.id in answers
    ]
    return found[:MAX_SIMILAR]


def names(ticket_id: int) -> tuple[list[str], list[str]]:
    """Of people on a ticket, with their addresses, and of its organization."""
    ticket = db.session.get_one(Ticket, ticket_id)
    authors = select(Comment.author_id).where(
        Comment.ticket_id == ticket_id, Comment.internal.is_(False)
    )
    query = select(*Person.columns(User)).where(
        or_(User.id.in_(authors), User.id.in_((ticket.requester_id, ticket.assignee_id)))
    )
    people = [word for row in db.session.execute(query) for word in (name_of(row), row.email)]
    people += [one.name for one in participants.of_ticket(ticket_id)]
    place = db.session.get_one(Organization, ticket.organization_id)
    return people, [] if place.personal else [place.name]


def _allowed(actor: Actor, ids: list[int]) -> list[AnyRow]:
    query = select(Ticket.id, Ticket.subject, Ticket.organization_id)
    rows = list(db.session.execute(query.where(Ticket.id.in_(ids), visible_to(actor))))
    allowed = model_permissions.allowed({row.organization_id for row in rows})
    kept = [row for row in rows if row.organization_id in allowed]
    return sorted(kept, key=lambda row: ids.index(row.id))


def _last_answer(ticket_id: int) -> str:
    query = (
        select(Comment.message)
        .join(User, User.id == Comment.author_id)
        .where(
            Comment.ticket_id == ticket_id,
            Comment.internal.is_(False),
            User.role != Role.CUSTOMER,
        )
        .order_by(Comment.id.desc())
        .limit(1)
    )
    return db.session.scalar(query) or ""
